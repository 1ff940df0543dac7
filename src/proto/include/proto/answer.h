/*
 * The body of what a host grants: the proof of the leaf, which is a lease or a release, and what the machine should
 * know beside it.
 *
 *   aval answer v1
 *   revocations N              sequence of the newest revocations the host has for this vendor; 0: none
 *   consistency BASE64         zero or more: proof that the ledger extends the one that the machine has
 *                              seen (`seen` of the request or release), where that is of the same epoch
 *   (empty line)
 *   tlog-proof, verbatim
 *
 * Pure; reader and writer stand side by side in answer.c.
 */
#ifndef PROTO_ANSWER_H
#define PROTO_ANSWER_H

#include "base/hash.h"
#include "core/tlog/proof.h"

struct answer {
    uint64_t revocations;
    size_t consistency_length;
    struct hash consistency[CONSISTENCY_PATH_MAX];
    struct slice proof; /* borrowed from what was read */
};

/* DOCUMENT_TYPE, DOCUMENT_VERSION, DOCUMENT_VALUE, DOCUMENT_LIMIT, BASE64, TEXT_* with the line. The proof is not
 * looked into. */
RESULT answer_read(struct slice text, struct answer *ret_answer);
void answer_write(const struct answer *answer, struct buffer *out);

#endif
