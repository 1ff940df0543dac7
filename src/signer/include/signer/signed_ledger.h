/*
 * One ledger in its newest epoch as its signer sees it: key, right frontier, and the file that remembers what was
 * signed.
 *
 * Always: a checkpoint is signed only for the tree that appends to the last one signed, and only after that tree is on
 * the medium. There is no other way to a signature.
 */
#ifndef SIGNER_SIGNED_LEDGER_H
#define SIGNER_SIGNED_LEDGER_H

#include "base/hash.h"
#include "core/tlog/checkpoint.h"
#include "signer/state.h"

struct signed_ledger {
    struct signing_key *key;
    char origin[KEY_NAME_SIZE];
    struct signer_state state;
    struct state_medium medium;
};

/* Takes over the key where it succeeds. `file` is the content of the state file, which is on the medium afterwards.
 * STORE_CORRUPT, FILE_WRITE. */
RESULT signed_ledger_open(struct signing_key *key, struct slice file, struct state_medium medium,
                          struct signed_ledger *ret_ledger);
void signed_ledger_close(struct signed_ledger *ledger);

/* Appends the leaves behind leaf `first` and the checkpoint note of the new tree to `out`. With no leaves: the last
 * tree again. STORE_ROLLED_BACK where `first` is not the size last signed; FILE_WRITE, NO_MEMORY: nothing signed. */
RESULT signed_ledger_append(struct signed_ledger *ledger, uint64_t first, const struct hash *leaves, size_t count,
                            struct buffer *out);

#endif
