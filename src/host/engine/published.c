/* What everybody may see of a ledger: the tree signed last, and no leaf behind it; see host/published.h. */
#include "host/published.h"

#include "base/sentences.h"
#include "core/rules/clock.h"
#include "ledgers.h"
#include "state.h"

#include <string.h>

RESULT engine_published(struct engine *engine, const char *origin, struct published *ret_published)
{
    bool found = false;
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < engine->ledger_count && !found; i++) {
        const struct ledger *const ledger = engine->ledgers[i];
        found = strcmp(ledger->origin, origin) == 0 && ledger->published.note[0] != 0;
        if (found)
            *ret_published = ledger->published;
    }
    pthread_mutex_unlock(&engine->lock);
    return found ? RESULT_OK : FAIL(NOT_FOUND);
}

void engine_standing(struct engine *engine, const char *origin, struct ledger_standing *ret_standing)
{
    struct ledger_standing standing = {.newest = 0};
    bool state_lost = false;
    bool key_lost = false;
    const seconds now = engine->options.now();
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < engine->ledger_count; i++)
        if (strcmp(engine->ledgers[i]->origin, origin) == 0) {
            standing.newest = engine->ledgers[i]->newest;
            standing.shown = engine->ledgers[i]->shown;
            state_lost = engine->ledgers[i]->state_lost;
            key_lost = engine->ledgers[i]->key_lost;
        }
    pthread_mutex_unlock(&engine->lock);
    standing.trouble = key_lost                                ? ERR_SIGNER_KEY
                       : state_lost                            ? ERR_SIGNER_STATE
                       : standing.shown.epoch != 0             ? ERR_HOST_RESTORED
                       : clock_is_behind(now, standing.newest) ? ERR_HOST_CLOCK
                                                               : OK;
    *ret_standing = standing;
}

/* What is published of a vendor's ledger. */
static RESULT find_published(struct engine *engine, const char *vendor, struct published *ret_published)
{
    struct authority *const authority = engine_authority(engine);
    const struct authority_vendor *const found = authority_find_vendor(authority, vendor);
    const struct result result =
        found == NULL ? FAIL(NO_SUCH_PAGE) : engine_published(engine, found->origin, ret_published);
    authority_release(authority);
    return result_code(result) == ERR_NOT_FOUND ? FAIL(NO_SUCH_PAGE) : result;
}

/* "no such vendor; there are: a, b" */
static void list_vendors(const struct authority *authority, const char *fault, struct reason *reason)
{
    reason_add(reason, authority->vendor_count == 1 ? _("%s; there is: ") : _("%s; there are: "), fault);
    for (size_t i = 0; i < authority->vendor_count; i++)
        reason_add(reason, "%s%s", i == 0 ? "" : ", ", authority->vendors[i].vendor);
}

RESULT vendor_choose(const struct authority *authority, const char *vendor, const struct authority_vendor **ret_vendor,
                     struct reason *reason)
{
    ENSURE(authority->vendor_count > 0, NOT_FOUND);
    *ret_vendor = authority->vendor_count == 1 ? &authority->vendors[0] : NULL;
    if (vendor != NULL)
        *ret_vendor = authority_find_vendor(authority, vendor);
    if (*ret_vendor != NULL)
        return RESULT_OK;
    list_vendors(authority, vendor == NULL ? "one of several vendors must be named" : "no such vendor", reason);
    return vendor == NULL ? FAIL(USAGE) : FAIL(NOT_FOUND);
}

RESULT ledger_choose(struct engine *engine, const char *vendor, struct ledger_choice *ret_choice, struct reason *reason)
{
    struct authority *const authority = engine_authority(engine);
    const struct authority_vendor *found = NULL;
    struct result result = vendor_choose(authority, vendor, &found, reason);
    if (is_ok(result)) {
        memcpy(ret_choice->vendor, found->vendor, sizeof ret_choice->vendor);
        memcpy(ret_choice->origin, found->origin, sizeof ret_choice->origin);
        result = engine_published(engine, found->origin, &ret_choice->published);
        if (result_code(result) == ERR_NOT_FOUND)
            result = FAIL(HOST_SIGNER);
    }
    authority_release(authority);
    return result;
}

RESULT published_page(struct engine *engine, struct store *reader, const char *address, struct buffer *out,
                      struct ledger_page *ret_page, struct reason *reason)
{
    struct tile_path path;
    struct published published;
    TRY(tile_path_read(slice_of(address), &path));
    TRY(find_published(engine, path.vendor, &published));
    return ledger_page(&published, reader, &path, out, ret_page, reason);
}
