/*
 * A thread with its epoll: readiness, answers that are back, timers, new connections.
 */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include "shared.h"

struct loop;

/* Begins to serve up to that many connections of the shared sockets. NO_MEMORY, INTERNAL. */
RESULT loop_start(struct shared *shared, size_t connection_max, struct loop **ret_loop);
/* Ends the thread and closes its connections, none of which waits for a deferred answer. Takes NULL. */
void loop_stop(struct loop *loop);

#endif
