/* C2SP tlog-proof@v1: one leaf's inclusion proof and the checkpoint it leads to, in one text. Pure. */
#ifndef CORE_TLOG_PROOF_H
#define CORE_TLOG_PROOF_H

#include "base/hash.h"
#include "core/tlog/checkpoint.h"
#include "core/tlog/merkle.h"

struct tlog_proof {
    bool has_extra;
    size_t extra_size;
    uint8_t extra[LEAF_MAX]; /* here: the leaf itself; authenticated only by the proof */
    uint64_t index;
    size_t path_length;
    struct hash path[PROOF_PATH_MAX];
    struct slice checkpoint; /* the note, verbatim; borrowed from what was read */
};

/* PROOF_FORM or BASE64 with the line; TEXT_TOO_LONG. The checkpoint is not looked into. */
RESULT tlog_proof_read(struct slice text, struct tlog_proof *ret_proof);
void tlog_proof_write(const struct tlog_proof *proof, struct buffer *out);

/* Whether the leaf is in the ledger of that key: checkpoint_open and inclusion_verify in one. */
RESULT tlog_proof_verify(const struct tlog_proof *proof, struct slice leaf, const struct verifier_key *key,
                         struct checkpoint *ret_checkpoint);

#endif
