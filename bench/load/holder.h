/* Strangers who hold connections: nothing is sent on them, and where one is ended another is opened. */
#ifndef BENCH_LOAD_HOLDER_H
#define BENCH_LOAD_HOLDER_H

#include "target.h"

enum { HELD_MAX = 20000 };

struct holding {
    struct target target;
    unsigned connections; /* at a time, at most HELD_MAX */
    unsigned sources;     /* addresses, from target_source() of `sources_from` on, */
    unsigned sources_from;
    int64_t duration; /* nanoseconds */
};
struct held {
    uint64_t opened;
    uint64_t ended; /* by the other side */
    uint64_t most;  /* at a time */
};

/* Until its time is over; no more than OPENED_PER_SECOND are opened in a second. INTERNAL (no epoll). */
enum { OPENED_PER_SECOND = 2000 };
RESULT hold_connections(const struct holding *holding, struct held *ret_held);

#endif
