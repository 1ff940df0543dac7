/*
 * The body of POST API_ACTIVATE: the request as the machine signed it, and, where the machine tells its operator
 * something of itself, an empty line and the about as it signed that.
 *
 * Without an about the body is the request's note and nothing else. Neither part is looked into here: a request that is
 * none is refused by its own reader, and an about that is none is no reason to refuse the request. Pure; reader and
 * writer stand side by side in activation.c.
 */
#ifndef PROTO_ACTIVATION_H
#define PROTO_ACTIVATION_H

#include "base/buffer.h"

struct activation {
    struct slice request;
    struct slice about; /* of size 0: none */
};

/* Takes the body apart, at its second empty line: the first one stands before the request's signature, which is one
 * line. Total: a body that has none, or nothing behind it, is the request. Borrows from the body. */
struct activation activation_read(struct slice body);
/* Appends it; errors stick in `out`. */
void activation_write(const struct activation *activation, struct buffer *out);

#endif
