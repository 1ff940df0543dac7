/* Licenses that end soon; see endings.h. */
#include "licenses/endings.h"
#include "catalog.h"
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was said of the license; NULL where nothing was, and there is no memory to note it. */
static struct ending *ending_of(struct engine *engine, const char *license)
{
    for (size_t i = 0; i < engine->ending_count; i++)
        if (strcmp(engine->endings[i].license, license) == 0)
            return &engine->endings[i];
    struct ending *const endings = reallocarray(engine->endings, engine->ending_count + 1, sizeof *endings);
    if (endings == NULL)
        return NULL;
    engine->endings = endings;
    struct ending *const added = &endings[engine->ending_count++];
    *added = (struct ending){.days = 0};
    snprintf(added->license, sizeof added->license, "%s", license);
    return added;
}

static void look_at(struct engine *engine, const struct authority_vendor *vendor, const struct authority_license *entry)
{
    const struct license *const license = &entry->license;
    const int days = authority_ending(license, engine->now);
    if (entry->revoked || days == 0 || authority_heir(vendor, license->id, engine->now) != NULL ||
        authority_is_followed(vendor, entry))
        return;
    struct ending *const ending = ending_of(engine, license->id);
    if (ending == NULL || (ending->days != 0 && ending->days <= days))
        return;
    char until[TIME_TEXT_SIZE];
    ending->days = days;
    time_write(license->not_after, until);
    LOG_EVENT(engine->options.log, LOG_WARNING, "license-ends", TEXT_FIELD("license", license->id),
              TEXT_FIELD("customer", license->customer), TEXT_FIELD("product", license->product),
              TEXT_FIELD("edition", license->edition), TEXT_FIELD("until", until),
              NUMBER_FIELD("within_days", (uint64_t)days));
}

void endings_tend(struct engine *engine)
{
    const struct catalog *const catalog = engine->catalog;
    if (engine->now >= engine->endings_at && engine->now < engine->endings_at + HOUR)
        return;
    engine->endings_at = engine->now;
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < catalog->vendors[i].vendor->license_count; k++)
            look_at(engine, catalog->vendors[i].vendor, &catalog->vendors[i].vendor->licenses[k]);
}
