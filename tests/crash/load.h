/*
 * The load: connections that are kept and always carry a request, until the host dies under them.
 *
 * New machines activate, others renew, release or ask again; a request without an answer, or answered "later", is sent
 * again as it was. One thread.
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
    uint64_t granted;
    uint64_t released;
    uint64_t denied; /* no-seats, and release-nothing to a release sent again */
    uint64_t later;  /* host-signer, host-busy */
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
