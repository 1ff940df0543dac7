/*
 * The gate to the handlers: once it is closed and nobody is inside, what they serve may go away. And how many requests
 * they have deferred. Thread-safe.
 */
#ifndef HTTP_LIMITS_GATE_H
#define HTTP_LIMITS_GATE_H

#include <stdatomic.h>
#include <stdbool.h>

struct gate {
    atomic_bool closed;
    atomic_uint inside;
    atomic_uint deferred; /* and the answer not yet given to the system */
};

/* Whether a handler may be called; every true is followed by gate_leave. */
bool gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);
bool gate_is_closed(const struct gate *gate);
/* False where it was closed before. */
bool gate_close(struct gate *gate);

#endif
