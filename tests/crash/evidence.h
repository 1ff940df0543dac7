/*
 * What the clients hold in their hands: every note that a machine signed, and every answer with status 200, or with the
 * leaf of a number that was used, kept as it came and opened when the round is over, so that the opening takes nothing
 * from the load. Only introductions are opened at once: nobody can ask without.
 *
 * Always: a checkpoint in the evidence is signed by the host key; an answer in it is tied to its checkpoint by its
 * proof, and carries, byte for byte, the note that it answers, or, where a running lease was given again, an earlier
 * one of the machine, which it had not given back since.
 */
#ifndef CRASH_EVIDENCE_H
#define CRASH_EVIDENCE_H

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
    enum asking asking;
    bool unsure; /* as the machine was then */
    struct errand question;
    size_t at; /* of its body in `bodies` */
    size_t size;
};

/* A note that a machine signed and sent. */
struct asked {
    bool release;
    uint64_t number;
    struct hash note;
    uint32_t before; /* the machine's one before it; 0: none */
};

struct evidence {
    struct verifier_key key;
    struct received *answers;
    size_t answer_count;
    size_t answer_capacity;
    struct seen *checkpoints; /* each once, nearly, with its signature */
    size_t checkpoint_count;
    size_t checkpoint_capacity;
    struct hash last_note; /* of the checkpoint that was opened last */
    struct asked *askeds;
    size_t asked_count;
    size_t asked_capacity;
    struct letter *letters;
    size_t letter_count;
    size_t letter_capacity;
    struct buffer bodies;
    uint64_t releases;    /* of `answers` */
    uint64_t given_again; /* of `answers`: leases with an earlier note */
    uint64_t repeated;    /* of `answers`: to a note that had been answered, with the same leaf */
    uint64_t used;        /* last leaves that came with number-used */
    uint64_t extensions;  /* consistency proofs that the host gave and that hold */
};

struct evidence evidence_make(const struct verifier_key *key);
void evidence_free(struct evidence *evidence);
/* Remembers that the machine signed its question. */
RESULT evidence_asked(struct evidence *evidence, struct machine *machine);
/* Whether the machine signed that note; *ret_asked is borrowed. */
bool evidence_signed(const struct evidence *evidence, const struct machine *machine, const struct hash *note,
                     const struct asked **ret_asked);
/* Opens an introduction, which must have that license: the machine has seen its checkpoint. Errors say what does not
 * hold. */
RESULT evidence_introduce(struct evidence *evidence, struct slice body, struct slice license, struct machine *machine);
/* Keeps an answer to the question of that machine. */
RESULT evidence_keep(struct evidence *evidence, uint32_t number, const struct machine *machine, struct slice body);
/* Opens all that was kept; what does not hold is a fault. Machines learn which checkpoint they saw last. */
RESULT evidence_open(struct evidence *evidence, struct machines *machines, struct faults *faults);

#endif
