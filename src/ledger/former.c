/* All epochs of a ledger that the store has; see ledger/former.h. */
#include "ledger/former.h"

#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "ledger/epochs.h"
#include "store/ledger.h"

#include <inttypes.h>
#include <string.h>

/* A file of the archive that is missing hides when an epoch began, and nothing else. */
static RESULT read_first_time(struct store *store, uint32_t ledger, seconds *ret_time, struct reason *reason)
{
    const struct result read = epoch_newest_time(store, ledger, 1, ret_time, reason);
    if (result_code(read) != ERR_ARCHIVE_MISSING && result_code(read) != ERR_ARCHIVE_DAMAGED)
        return read;
    *ret_time = 0;
    return RESULT_OK;
}

/* What was signed of it last, as far as the store knows: nothing where that is by another key. */
static RESULT read_published(struct store *store, const struct verifier_key *key, struct former *former,
                             struct reason *reason)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    struct checkpoint kept;
    const struct result got = store_checkpoint_get(store, former->published.ledger, &note, reason);
    if (result_code(got) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(got);
    if (!is_ok(checkpoint_open(buffer_slice(&note), key, &kept)) || strcmp(kept.origin, former->origin) != 0)
        return RESULT_OK;
    if (kept.size > former->leaves)
        return reason_say(reason, FAIL(STORE_CORRUPT),
                          _("ledger %s: the database has %" PRIu64 " leaves, %" PRIu64 " were signed"), former->origin,
                          former->leaves, kept.size);
    former->published.size = kept.size;
    return slice_copy_text(buffer_slice(&note), former->published.note, sizeof former->published.note);
}

RESULT former_find(struct store *store, const struct verifier_key *key, uint64_t epoch, struct former *ret_former,
                   struct reason *reason)
{
    struct former former = {.epoch = epoch};
    uint32_t ledger;
    TRY(origin_write(key->name, epoch, former.origin));
    TRY(store_ledger_find(store, former.origin, &ledger, reason));
    TRY(store_ledger_size(store, ledger, &former.leaves, reason));
    former.published.ledger = ledger;
    TRY(epoch_newest_time(store, ledger, former.leaves, &former.last, reason));
    if (former.leaves > 0)
        TRY(read_first_time(store, ledger, &former.first, reason));
    TRY(read_published(store, key, &former, reason));
    *ret_former = former;
    return RESULT_OK;
}

RESULT former_next(struct store *store, const struct verifier_key *key, uint64_t after, struct former *ret_former,
                   struct reason *reason)
{
    uint64_t next;
    TRY(epoch_next(store, key->name, after, &next, reason));
    ENSURE(next != 0, NOT_FOUND);
    return former_find(store, key, next, ret_former, reason);
}
