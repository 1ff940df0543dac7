/*
 * One ledger in its newest epoch as its signer sees it: key, right frontier, and the file that remembers what was
 * signed.
 *
 * Always: a checkpoint is signed only for the tree that appends to the last one signed, whose root is the one that the
 * host has, and only after that tree is on the medium. There is no other way to a signature.
 */
#ifndef SIGNER_SIGNED_LEDGER_H
#define SIGNER_SIGNED_LEDGER_H

#include "core/tlog/checkpoint.h"
#include "signer/leaf_run.h"
#include "signer/state.h"

struct signed_ledger {
    struct signing_key *key;
    char origin[KEY_NAME_SIZE];
    struct signer_state state;
    struct state_medium medium;
};

/* Takes over the key where it succeeds. `file` is the content of the state file, which is on the medium afterwards.
 * SIGNER_STATE, FILE_WRITE. */
RESULT signed_ledger_open(struct signing_key *key, struct slice file, struct state_medium medium,
                          struct signed_ledger *ret_ledger);
void signed_ledger_close(struct signed_ledger *ledger);

/* Appends the run to the tree, and the checkpoint note of the new tree to `out`. STORE_ROLLED_BACK where run->first is
 * not the size last signed; SIGNER_ROOT where the leaves do not make run->root; FILE_WRITE, NO_MEMORY. On failure
 * nothing was signed, and the tree is as it was. */
RESULT signed_ledger_append(struct signed_ledger *ledger, const struct leaf_run *run, struct buffer *out);
/* Appends the checkpoint note of the tree signed last. */
RESULT signed_ledger_last(const struct signed_ledger *ledger, struct buffer *out);

#endif
