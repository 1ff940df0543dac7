/* One ledger's signing; see signed_ledger.h. */
#include "signer/signed_ledger.h"

#include "core/tlog/merkle.h"

#include <stdlib.h>
#include <string.h>

RESULT signed_ledger_open(struct signing_key *key, struct slice file, struct state_medium medium,
                          struct signed_ledger *ret_ledger)
{
    struct signer_state state;
    TRY(signer_state_load(file, signing_key_verifier(key), &state));
    TRY(signer_state_confirm(&state, &medium));
    struct signed_ledger ledger = {.key = key, .state = state, .medium = medium};
    TRY(origin_write(signing_key_verifier(key)->name, state.epoch, ledger.origin));
    *ret_ledger = ledger;
    return RESULT_OK;
}

void signed_ledger_close(struct signed_ledger *ledger)
{
    signing_key_free(ledger->key);
    ledger->key = NULL;
}

RESULT signed_ledger_last(const struct signed_ledger *ledger, struct buffer *out)
{
    struct checkpoint checkpoint = {.size = ledger->state.frontier.size,
                                    .root = frontier_root(&ledger->state.frontier)};
    memcpy(checkpoint.origin, ledger->origin, sizeof checkpoint.origin);
    return checkpoint_sign(&checkpoint, ledger->key, out);
}

/* Hashes the leaves and moves the frontier on. */
static RESULT grow(struct frontier *frontier, const struct leaf_run *run)
{
    if (run->count == 0)
        return RESULT_OK;
    struct hash *const hashes = calloc(run->count, sizeof *hashes);
    ENSURE(hashes != NULL, NO_MEMORY);
    for (size_t i = 0; i < run->count; i++)
        hashes[i] = merkle_leaf(run->leaves[i]);
    struct merkle_batch *batch = NULL;
    const struct result result = merkle_append(frontier, hashes, run->count, &batch);
    merkle_batch_free(batch);
    free(hashes);
    return result;
}

RESULT signed_ledger_append(struct signed_ledger *ledger, const struct leaf_run *run, struct buffer *out)
{
    ENSURE(run->first == ledger->state.frontier.size, STORE_ROLLED_BACK);
    struct frontier frontier = ledger->state.frontier;
    TRY(grow(&frontier, run));
    const struct hash root = frontier_root(&frontier);
    ENSURE(hash_equal(&root, &run->root), SIGNER_ROOT);
    if (run->count > 0)
        TRY(signer_state_store(&ledger->state, &frontier, &ledger->medium));
    return signed_ledger_last(ledger, out);
}
