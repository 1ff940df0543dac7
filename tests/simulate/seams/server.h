/*
 * The server of http/server.h without sockets: it has the routes that the real listener gives it, and is asked by a
 * call. A deferred request waits for the engine as a client would.
 */
#ifndef SIMULATE_SERVER_H
#define SIMULATE_SERVER_H

#include "base/buffer.h"

/* Asks the server that was started last: GET where `body` is NULL. `authorization`: that header; "" for none. Appends
 * the answer to `out` and returns its status; 0 where the connection ended without one. */
int server_ask(const char *path, const char *peer, const char *authorization, const struct slice *body,
               struct buffer *out);

#endif
