/* Reading the files of an archive, whoever needs them or nobody; see ledger/archive.h. */
#include "ledger/archive.h"

#include <string.h>

enum { BUNDLES_OF_STEP = 64 }; /* 15 MB: whoever asks a host for something else waits no longer than that takes */

static RESULT count_all(struct store *reader, struct control_archive_check *check, struct reason *reason)
{
    struct archived archived;
    char origin[KEY_NAME_SIZE];
    uint64_t all = 0;
    for (uint32_t ledger = 0;;) {
        const struct result next = store_ledger_next(reader, ledger, &ledger, origin, reason);
        if (result_code(next) == ERR_NOT_FOUND)
            break;
        TRY(next);
        TRY(store_archived(reader, ledger, &archived, reason));
        if (!check->one)
            all += archived.bundles;
        else if (ledger == check->ledger && archived.bundles > check->bundle)
            all = check->looked_at + archived.bundles - check->bundle;
    }
    check->all = all;
    return RESULT_OK;
}

static bool pass_over(void *context, uint64_t index, struct slice leaf)
{
    (void)context;
    (void)index;
    (void)leaf;
    return true;
}

/* The store hands on nothing that it has not checked. */
static RESULT check_bundle(struct store *reader, struct control_archive_check *check, struct reason *reason)
{
    struct reason words = {.text = ""};
    const struct result read =
        store_leaves(reader, (uint32_t)check->ledger, check->bundle * TILE_WIDTH, TILE_WIDTH, pass_over, NULL, &words);
    const bool bad = result_code(read) == ERR_ARCHIVE_MISSING || result_code(read) == ERR_ARCHIVE_DAMAGED;
    if (!is_ok(read) && !bad)
        return reason_say(reason, read, "%s", words.text);
    check->bundle++;
    check->looked_at++;
    if (!bad || check->bad++ > 0)
        return RESULT_OK;
    TRY(slice_copy_text(slice_of(error_info(result_code(read))->name), check->code, sizeof check->code));
    return slice_copy_text(slice_of(words.text), check->first, sizeof check->first);
}

static RESULT go_to_next(struct store *reader, struct control_archive_check *check, struct reason *reason)
{
    char origin[KEY_NAME_SIZE];
    uint32_t ledger = (uint32_t)check->ledger;
    const struct result next =
        check->one ? FAIL(NOT_FOUND) : store_ledger_next(reader, ledger, &ledger, origin, reason);
    check->finished = result_code(next) == ERR_NOT_FOUND;
    if (check->finished)
        return RESULT_OK;
    check->ledger = ledger;
    check->bundle = 0;
    return next;
}

RESULT archive_check_step(struct store *reader, struct control_archive_check *check, struct reason *reason)
{
    ENSURE(check->ledger <= UINT32_MAX, USAGE);
    TRY(count_all(reader, check, reason));
    for (unsigned looked_at = 0; !check->finished && looked_at < BUNDLES_OF_STEP;) {
        struct archived archived = {.bundles = 0};
        if (check->ledger > 0)
            TRY(store_archived(reader, (uint32_t)check->ledger, &archived, reason));
        if (check->bundle >= archived.bundles) {
            TRY(go_to_next(reader, check, reason));
        } else {
            TRY(check_bundle(reader, check, reason));
            looked_at++;
        }
    }
    return RESULT_OK;
}

RESULT archive_check_verdict(const struct control_archive_check *check)
{
    const struct error_info *const info = error_by_name(check->code);
    return info == NULL ? FAIL(INTERNAL) : FAIL_CODE(info->code);
}
