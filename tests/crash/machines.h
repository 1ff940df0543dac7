/*
 * The machines that ask: each with its own key and place in its life. A machine has one question at a time, and sends
 * that very note again until it is answered or given up, as a real one does. Each note that it signs has a number above
 * all before it; only a copy of the machine, which knows less than the machine does, uses a number again.
 */
#ifndef CRASH_MACHINES_H
#define CRASH_MACHINES_H

#include "base/hash.h"
#include "bench/load/played_key.h"
#include "chance.h"
#include "core/documents/documents.h"

enum asking {
    ASKS_NOTHING,
    ASKS_INTRODUCTION, /* license first: what it has seen of the host is part of all that it signs */
    ASKS_LEASE,
    ASKS_RELEASE,
    ASKS_AGAIN, /* what it asked last, although that was answered */
    ASKS_AS_COPY
};

/* A note that a machine signs: from this it can be made again, byte for byte. */
struct errand {
    bool release;
    bool copy;
    bool holds; /* a lease, as far as the machine knew */
    uint64_t number;
    seconds time;
    uint32_t seen; /* number of the checkpoint in the evidence, from 1 */
    bool written;
    struct hash note; /* SHA-256, once it was written */
};

struct machine {
    struct played_key key;
    struct machine_id id;
    uint64_t number; /* the last that it used */
    bool holds;      /* as far as it knows */
    enum asking asking;
    bool sent_before; /* the question was sent, and no answer came */
    bool unsure;      /* since its last answer it gave up a question that the host may have had */
    bool answered;    /* `last` was the last that it asked, and the answer was a leaf */
    struct errand question;
    struct errand last;
    uint32_t asked; /* the newest of its notes in the evidence; 0: none */
    /* From the answers that were opened. */
    uint32_t seen;         /* of the last checkpoint it saw: its number in the evidence, from 1; 0: none */
    uint64_t leaf;         /* index of its last leaf, */
    uint64_t leaf_number;  /* the number in it (0: it has none) */
    struct hash leaf_hash; /* and its hash */
    uint64_t released;     /* number of its last release */
};

struct machines {
    struct machine *list;
    size_t count;
    size_t capacity; /* all there can be: asked for at the making */
    uint32_t *slots; /* by id: number + 1 of a machine, 0: free */
    size_t slot_count;
};

RESULT machines_make(size_t capacity, struct machines *ret_machines);
void machines_free(struct machines *machines);
/* One more; NULL where there are all. Borrowed. */
struct machine *machines_add(struct machines *machines, struct chance *chance);
/* Number of the machine with that id; false where it is none of them. */
bool machines_find(const struct machines *machines, const struct machine_id *id, size_t *ret_number);
size_t machine_number(const struct machines *machines, const struct machine *machine);

/* A new question, with the next number. */
void machine_ask(struct machine *machine, enum asking asking, seconds now);
/* What it asked last, once more. */
void machine_ask_again(struct machine *machine);
/* A copy of the machine asks for a lease with that number. */
void machine_ask_as_copy(struct machine *machine, uint64_t number, seconds now);

/* Appends the note of its question. `seen`: the checkpoint that it says. */
RESULT machine_note_write(const struct machine *machine, const struct license *license, const struct seen *seen,
                          struct buffer *out);

#endif
