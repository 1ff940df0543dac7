/* Which license took the place of which; see successions.h. */
#include "desk/successions.h"

#include <stdlib.h>
#include <string.h>

/* Of a license that may be replaced, what license_replaces() looks at. */
struct known {
    char id[NAME_SIZE];
    char customer[TEXT_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    seconds issued;
};

struct reading {
    const struct revocations *revocations;
    struct known *known; /* every license, in the order of signing */
    size_t known_count;
    struct license other; /* one of them, as far as it is known */
    struct successions *successions;
};

static RESULT remember(struct reading *reading, const struct license *license)
{
    struct known *known = reallocarray(reading->known, reading->known_count + 1, sizeof *known);
    ENSURE(known != NULL, NO_MEMORY);
    reading->known = known;
    known += reading->known_count++;
    memcpy(known->id, license->id, sizeof known->id);
    memcpy(known->customer, license->customer, sizeof known->customer);
    memcpy(known->product, license->product, sizeof known->product);
    memcpy(known->edition, license->edition, sizeof known->edition);
    known->issued = license->issued;
    return RESULT_OK;
}

/* By core's own rule; a desk's licenses are all of one vendor. */
static bool may_replace(struct reading *reading, const struct license *license, const char *before)
{
    struct license *const other = &reading->other;
    for (size_t i = 0; i < reading->known_count; i++) {
        const struct known *const known = &reading->known[i];
        if (strcmp(known->id, before) != 0)
            continue;
        memcpy(other->vendor, license->vendor, sizeof other->vendor);
        memcpy(other->id, known->id, sizeof other->id);
        memcpy(other->customer, known->customer, sizeof other->customer);
        memcpy(other->product, known->product, sizeof other->product);
        memcpy(other->edition, known->edition, sizeof other->edition);
        other->issued = known->issued;
        return license_replaces(license, other);
    }
    return false;
}

static RESULT take_license(void *context, const struct license *license, struct slice note)
{
    (void)note;
    struct reading *reading = context;
    struct successions *const successions = reading->successions;
    TRY(remember(reading, license));
    if (revocations_hold(reading->revocations, license, NULL))
        return RESULT_OK;
    for (size_t i = 0; i < license->replaces_count; i++) {
        if (!may_replace(reading, license, license->replaces[i]))
            continue;
        struct succession *list = reallocarray(successions->list, successions->count + 1, sizeof *list);
        ENSURE(list != NULL, NO_MEMORY);
        successions->list = list;
        list += successions->count++;
        memcpy(list->before, license->replaces[i], sizeof list->before);
        memcpy(list->by, license->id, sizeof list->by);
        list->begins = license->not_before;
    }
    return RESULT_OK;
}

RESULT successions_read(struct desk *desk, const struct revocations *revocations, struct successions *ret_successions,
                        struct reason *reason)
{
    struct successions successions = {0};
    struct reading reading = {.revocations = revocations, .successions = &successions};
    const struct result read = desk_each_license(desk, take_license, &reading, reason);
    free(reading.known);
    if (is_ok(read))
        *ret_successions = successions;
    else
        successions_free(&successions);
    return read;
}

void successions_free(struct successions *successions)
{
    free(successions->list);
    *successions = (struct successions){0};
}

static bool is_better(const struct succession *one, const struct succession *than, seconds now)
{
    if (than == NULL || one->begins <= now)
        return true;
    return than->begins > now && one->begins < than->begins;
}

const struct succession *successions_of(const struct successions *successions, const char *license, seconds now)
{
    const struct succession *best = NULL;
    for (size_t i = 0; i < successions->count; i++)
        if (strcmp(successions->list[i].before, license) == 0 && is_better(&successions->list[i], best, now))
            best = &successions->list[i];
    return best;
}
