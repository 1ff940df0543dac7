/* Checkpoints (C2SP tlog-checkpoint v1.0.0): size and root of a ledger, in a note signed by the ledger's key. Pure. */
#ifndef CORE_CHECKPOINT_H
#define CORE_CHECKPOINT_H

#include "core/note.h"

struct checkpoint {
    char origin[KEY_NAME_SIZE];
    uint64_t size;
    struct hash root;
};

/* The text without signatures. Extension lines are refused: none are used here. CHECKPOINT_FORM with its line. */
RESULT checkpoint_read(struct slice text, struct checkpoint *ret_checkpoint);
void checkpoint_write(const struct checkpoint *checkpoint, struct buffer *out);

/* Opens a checkpoint note: signed by the key (else CHECKPOINT_SIGNER; also where its signature is wrong), of the ledger
 * named by that key (CHECKPOINT_ORIGIN). Errors of form are those of note_read and checkpoint_read. */
RESULT checkpoint_open(struct slice note, const struct verifier_key *key, struct checkpoint *ret_checkpoint);
/* Appends the signed note. Its origin must be the key's name (CHECKPOINT_ORIGIN). */
RESULT checkpoint_sign(const struct checkpoint *checkpoint, const struct signing_key *key, struct buffer *out);

#endif
