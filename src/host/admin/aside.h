/*
 * Something long that a host does for its operator, in a thread of its own: a control question begins it and is
 * answered at once, and the next ones say how far it is. One at a time. Thread-safe, but for begin and free, which are
 * the control thread's.
 */
#ifndef HOST_ADMIN_ASIDE_H
#define HOST_ADMIN_ASIDE_H

#include "store/store.h"

struct aside;

/* NO_MEMORY. Yours to free, before anything that its work uses. */
RESULT aside_new(struct aside **ret_aside);
/* Ends the work that is under way. Takes NULL. */
void aside_free(struct aside *aside);

/* What is done: it tells the watch how far it is, and ends where that says so. */
typedef RESULT aside_work(void *context, const struct store_watch *watch, struct reason *reason);
/* HOST_BUSY where work is under way; NO_MEMORY. `context` is the work's until it is not running. */
RESULT aside_begin(struct aside *aside, aside_work *work, void *context);

struct aside_state {
    bool running;
    uint64_t done;
    uint64_t all;
};
/* How far the last work is; with its failure, in words too, once that has ended it. */
RESULT aside_look(struct aside *aside, struct aside_state *ret_state, struct reason *reason);

#endif
