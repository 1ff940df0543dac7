/*
 * Checkpoints (C2SP tlog-checkpoint v1.0.0): size and root of a ledger, in a note signed by the ledger's key. Pure.
 *
 * The origin of a ledger is the name of its key. A host that lost its newest leaves begins the ledger again, openly:
 * the next epoch has the origin KEYNAME/epoch-N and the same key. N is the POSIX second of its beginning, or one above
 * the highest epoch known, so that one copy restored twice begins two epochs and not one twice. Whoever has seen an
 * epoch accepts no lower one.
 */
#ifndef CORE_TLOG_CHECKPOINT_H
#define CORE_TLOG_CHECKPOINT_H

#include "base/hash.h"
#include "core/tlog/note.h"

#define EPOCH_LAST ((uint64_t)INT64_MAX) /* as any number of a document */

struct checkpoint {
    char origin[KEY_NAME_SIZE];
    uint64_t size;
    struct hash root;
};

/* The text without signatures. Extension lines are refused: none are used here. CHECKPOINT_FORM with its line. */
RESULT checkpoint_read(struct slice text, struct checkpoint *ret_checkpoint);
void checkpoint_write(const struct checkpoint *checkpoint, struct buffer *out);

/* The epoch of a ledger of the key of that name, from 1 on. CHECKPOINT_ORIGIN where it is another's. */
RESULT origin_epoch(const char *origin, const char *key_name, uint64_t *ret_epoch);
/* The origin of an epoch. CHECKPOINT_ORIGIN where it is 0 or above EPOCH_LAST; TEXT_TOO_LONG. */
RESULT origin_write(const char *key_name, uint64_t epoch, char ret_origin[static KEY_NAME_SIZE]);

/* Whether an origin is that of an epoch from the second on, whoever's. */
bool origin_begins_again(const char *origin);

/* Opens a checkpoint note: signed by the key (else CHECKPOINT_SIGNER; also where its signature is wrong), of an epoch
 * of the ledger named by that key (CHECKPOINT_ORIGIN). Errors of form are those of note_read and checkpoint_read. */
RESULT checkpoint_open(struct slice note, const struct verifier_key *key, struct checkpoint *ret_checkpoint);
/* Appends the signed note. Its origin must be of the key's ledger (CHECKPOINT_ORIGIN). */
RESULT checkpoint_sign(const struct checkpoint *checkpoint, const struct signing_key *key, struct buffer *out);

#endif
