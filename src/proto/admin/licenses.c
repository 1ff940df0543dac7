/* Licenses and their figures, as the operator sees them; see licenses.h. */
#include "proto/admin/licenses.h"

#include "message.h"
#include "shared.h"

#include <stdlib.h>
#include <string.h>

static const char *const license_states[] = {
    [CONTROL_LICENSE_IN_FORCE] = "in-force", [CONTROL_LICENSE_NOT_YET_VALID] = "not-yet-valid",
    [CONTROL_LICENSE_ENDED] = "ended",       [CONTROL_LICENSE_REPLACED] = "replaced",
    [CONTROL_LICENSE_REVOKED] = "revoked",
};
enum { LICENSE_STATES = sizeof license_states / sizeof license_states[0] };

const char *control_license_state_name(enum control_license_state state)
{
    return license_states[state];
}

static void walk_state(struct walk *walk, enum control_license_state *state)
{
    char name[NAME_SIZE] = "";
    if (is_writing(walk))
        memcpy(name, license_states[*state], strlen(license_states[*state]) + 1);
    WALK_TEXT(walk, "state", name);
    if (is_writing(walk) || walk->failed)
        return;
    size_t i = 0;
    while (i < LICENSE_STATES && strcmp(name, license_states[i]) != 0)
        i++;
    if (i == LICENSE_STATES)
        walk->failed = true;
    else
        *state = (enum control_license_state)i;
}

void walk_license(struct walk *walk, void *element)
{
    struct control_license *license = element;
    WALK_TEXT(walk, "id", license->id);
    WALK_TEXT(walk, "vendor", license->vendor);
    WALK_TEXT(walk, "customer", license->customer);
    WALK_TEXT(walk, "product", license->product);
    WALK_TEXT(walk, "edition", license->edition);
    walk_state(walk, &license->state);
    walk_switch(walk, "test", &license->test);
    WALK_TEXT(walk, "replaced_by", license->replaced_by);
    walk_seconds(walk, "replaced_from", &license->replaced_from);
    walk_switch(walk, "followed", &license->followed);
    walk_number(walk, "count", &license->count);
    walk_number(walk, "threshold", &license->threshold);
    walk_number(walk, "held", &license->held);
    walk_number(walk, "seats", &license->seats);
    walk_number(walk, "overage", &license->overage);
    walk_number(walk, "overage_used", &license->overage_used);
    walk_seconds(walk, "lease", &license->lease);
    walk_seconds(walk, "renew", &license->renew);
    walk_seconds(walk, "retry", &license->retry);
    walk_seconds(walk, "not_before", &license->not_before);
    walk_seconds(walk, "not_after", &license->not_after);
}

static void walk_licenses(struct walk *walk, void *message)
{
    struct control_licenses *licenses = message;
    walk_seconds(walk, "now", &licenses->now);
    WALK_ARRAY(walk, "licenses", licenses->licenses, licenses->count, walk_license);
}

MESSAGE(licenses)
OWNING_READER(licenses)

void control_licenses_free(struct control_licenses *licenses)
{
    free(licenses->licenses);
    *licenses = (struct control_licenses){0};
}
