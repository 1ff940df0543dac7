/* One ledger's signing; see signed_ledger.h. */
#include "signer/signed_ledger.h"

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

static RESULT sign_tree(const struct signed_ledger *ledger, struct buffer *out)
{
    struct checkpoint checkpoint = {.size = ledger->state.frontier.size,
                                    .root = frontier_root(&ledger->state.frontier)};
    memcpy(checkpoint.origin, ledger->origin, sizeof checkpoint.origin);
    return checkpoint_sign(&checkpoint, ledger->key, out);
}

RESULT signed_ledger_append(struct signed_ledger *ledger, uint64_t first, const struct hash *leaves, size_t count,
                            struct buffer *out)
{
    ENSURE(first == ledger->state.frontier.size, STORE_ROLLED_BACK);
    if (count > 0) {
        struct frontier frontier = ledger->state.frontier;
        struct merkle_batch *batch = NULL;
        TRY(merkle_append(&frontier, leaves, count, &batch));
        merkle_batch_free(batch);
        TRY(signer_state_store(&ledger->state, &frontier, &ledger->medium));
    }
    return sign_tree(ledger, out);
}
