/*
 * The machines that ask: each with its own id, secret and place in its life. A machine has one request at a time, and
 * sends that very request again until it is answered, as a real one does.
 */
#ifndef CRASH_MACHINES_H
#define CRASH_MACHINES_H

#include "base/hash.h"
#include "chance.h"
#include "core/documents/documents.h"

enum asking { ASKS_NOTHING, ASKS_LEASE, ASKS_RELEASE };

struct machine {
    struct machine_id id; /* begins with the machine's number, big-endian */
    uint8_t secret[RELEASE_SECRET_SIZE];
    struct hash lock;
    bool holds; /* as far as it knows */
    enum asking asking;
    bool sent_before; /* the request was sent, and no answer came */
    struct nonce nonce;
    uint32_t seen; /* of the last checkpoint it saw: its number in the evidence, from 1; 0: none */
    uint32_t said; /* the same, as its request under way says */
};

struct machines {
    struct machine *list;
    size_t count;
    size_t capacity; /* all there can be: asked for at the making */
};

RESULT machines_make(size_t capacity, struct machines *ret_machines);
void machines_free(struct machines *machines);
/* One more; NULL where there are all. Borrowed. */
struct machine *machines_add(struct machines *machines, struct chance *chance);
/* Number of the machine with that id; false where it is none of them. */
bool machines_find(const struct machines *machines, const struct machine_id *id, size_t *ret_number);
size_t machine_number(const struct machines *machines, const struct machine *machine);

/* Appends the body that the machine sends now. `seen`: size of the last checkpoint it saw. */
RESULT machine_question_write(const struct machine *machine, const char *license, uint64_t seen, seconds now,
                              struct buffer *out);

#endif
