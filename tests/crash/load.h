/*
 * The load: connections that are kept and always carry a request, until the host dies under them.
 *
 * New machines have the host introduce itself and activate, others renew, release, or send once more what was answered;
 * now and then a copy of one asks with a number that was used. A question without an answer, or answered "later", is
 * mostly sent again as it was, and sometimes given up for a new one. One thread.
 */
#ifndef CRASH_LOAD_H
#define CRASH_LOAD_H

#include "bench/load/response.h"
#include "evidence.h"
#include "world.h"

enum { LOAD_CONNECTIONS = 64 };

struct load_counts {
    uint64_t sent;
    uint64_t sent_again;
    uint64_t given_up;
    uint64_t introduced;
    uint64_t granted;
    uint64_t released;
    uint64_t repeated; /* to a question that was answered before */
    uint64_t used;     /* number-used, to copies of machines */
    uint64_t denied;   /* no-seats, and release-nothing where a release was given up */
    uint64_t later;    /* host-signer, host-busy */
};

struct load;

/* All borrowed for as long as the load lives. NO_MEMORY, INTERNAL. Yours to free. */
RESULT load_make(const struct world *world, struct machines *machines, struct evidence *evidence, struct chance *chance,
                 struct faults *faults, struct load **ret_load);
/* Takes NULL. */
void load_free(struct load *load);
/* Opens the connections that are not open, to that port of this machine. */
RESULT load_connect(struct load *load, uint16_t port);
/* Sends and receives until that moment of monotonic_us(). */
RESULT load_run(struct load *load, int64_t until);
/* Takes what has arrived, and closes all connections: after the end of the host. */
RESULT load_drain(struct load *load);
const struct load_counts *load_counts(const struct load *load);

#endif
