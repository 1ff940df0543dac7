/*
 * Hosts that are not honest: the linker puts this between the engine and its rules (--wrap). See host_set_dishonesty().
 */
#include "batch/sight.h"
#include "catalog.h"
#include "core/rules/decide.h"
#include "host.h"

enum { SEATS_BEYOND = 1000, SEATS_SHORT = 5 };

void __wrap_decide(const struct question *question, struct decision *ret_decision);
void __real_decide(const struct question *question, struct decision *ret_decision);
RESULT __wrap_sight_judge(struct engine *engine, const struct catalog_vendor *vendor, const struct seen *seen,
                          uint64_t *ret_epoch, enum sight *ret_sight);
RESULT __real_sight_judge(struct engine *engine, const struct catalog_vendor *vendor, const struct seen *seen,
                          uint64_t *ret_epoch, enum sight *ret_sight);

static enum dishonesty mode;

void host_set_dishonesty(enum dishonesty dishonesty)
{
    mode = dishonesty;
}

void __wrap_decide(const struct question *question, struct decision *ret_decision)
{
    struct question bent = *question;
    struct license license = *question->license;
    bent.license = &license;
    if (mode == FORGETS_NUMBERS)
        bent.last_number = 0;
    if (mode == GRANTS_BEYOND)
        license.seats += SEATS_BEYOND;
    if (mode == DENIES_SEATS)
        license.seats -= SEATS_SHORT < license.seats ? SEATS_SHORT : 0;
    __real_decide(&bent, ret_decision);
}

RESULT __wrap_sight_judge(struct engine *engine, const struct catalog_vendor *vendor, const struct seen *seen,
                          uint64_t *ret_epoch, enum sight *ret_sight)
{
    if (mode != REWRITES_HISTORY)
        return __real_sight_judge(engine, vendor, seen, ret_epoch, ret_sight);
    *ret_epoch = vendor->vendor->epoch;
    *ret_sight = SIGHT_KNOWN;
    return RESULT_OK;
}
