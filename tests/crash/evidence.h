/*
 * What the clients hold in their hands: every answer with status 200, kept as it came and opened when the round is
 * over, so that the opening takes nothing from the load.
 *
 * Always: a checkpoint in the evidence is signed by the host key; an answer in it is tied to its checkpoint by its
 * proof, and is for the machine and the request that asked.
 */
#ifndef CRASH_EVIDENCE_H
#define CRASH_EVIDENCE_H

#include "base/hash.h"
#include "core/tlog/checkpoint.h"
#include "faults.h"
#include "machines.h"

/* An answer that was opened. */
struct received {
    uint32_t machine;
    bool release;
    uint64_t index;
    struct hash leaf; /* of the text that was received: equal hashes, equal bytes */
};

/* An answer as it came, with what was asked. */
struct letter {
    uint32_t machine;
    bool release;
    struct nonce nonce;
    uint32_t seen;
    size_t at; /* of its body in `bodies` */
    size_t size;
};

struct evidence {
    struct verifier_key key;
    struct received *answers;
    size_t answer_count;
    size_t answer_capacity;
    struct checkpoint *checkpoints; /* each once, nearly */
    size_t checkpoint_count;
    size_t checkpoint_capacity;
    struct hash last_note; /* of the checkpoint that was opened last */
    struct letter *letters;
    size_t letter_count;
    size_t letter_capacity;
    struct buffer bodies;
    uint64_t releases;   /* of `answers` */
    uint64_t extensions; /* consistency proofs that the host gave and that hold */
};

struct evidence evidence_make(const struct verifier_key *key);
void evidence_free(struct evidence *evidence);
/* Keeps an answer to the request of that machine. */
RESULT evidence_keep(struct evidence *evidence, uint32_t number, const struct machine *machine, struct slice body);
/* Opens all that was kept; what does not hold is a fault. Machines learn which checkpoint they saw last. */
RESULT evidence_open(struct evidence *evidence, struct machines *machines, struct faults *faults);
/* Size of the tree of a machine's last checkpoint; 0: it saw none. */
uint64_t evidence_seen(const struct evidence *evidence, const struct machine *machine);

#endif
