/*
 * Addresses from which many new machines come just now: an office that is set up, or somebody who invents them.
 *
 * What they ask is done after what others ask, and then not again for a while (queue.c), so that machines from
 * elsewhere do not wait for a batch of theirs most of the time, and for what the disk does with it.
 *
 * Always: of CROWD_PLACES addresses it is known when a new machine came last; the one from which none has come for
 * longest is forgotten first. Pure. Not thread-safe.
 */
#ifndef HOST_ENGINE_RATES_CROWDS_H
#define HOST_ENGINE_RATES_CROWDS_H

#include "rates/rates.h"

enum {
    CROWD_PLACES = 64,
    CROWD_FROM = 64,                  /* new machines */
    CROWD_WINDOW_MILLISECONDS = 1000, /* within so long make a crowd of their address, */
    CROWD_LASTS_MILLISECONDS = 2000   /* which it is for so long after the last of such a window */
};

/* All zero: there are none. */
struct crowds {
    struct crowd_place {
        struct rates_owner owner;
        int64_t last;       /* when one came last; 0: the place is free */
        int64_t since;      /* when the window began */
        unsigned newcomers; /* in it */
        int64_t until;      /* it is a crowd; 0: it was none yet */
    } places[CROWD_PLACES];
    int64_t until; /* there is any */
};

/* A new machine came from there at that time (options.milliseconds(), above 0). */
void crowds_count(struct crowds *crowds, const struct address *from, int64_t milliseconds);
/* Whether there is a crowd. */
bool crowds_have(const struct crowds *crowds, const struct address *from, int64_t milliseconds);

#endif
