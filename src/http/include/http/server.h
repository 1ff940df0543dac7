/*
 * A server of HTTP/1 for one set of routes, over TCP or a Unix socket. It knows nothing of what it serves.
 *
 * Threads of its own (loops) parse, call handlers (handler.h), and send. Everything a stranger controls has a limit:
 * bytes of heads and bodies, connections in all and for each address, idle time, and time for a whole request, so that
 * a client that sends a byte a second is cut off.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/reason.h"
#include "http/options.h"

struct http_server;

/* How many loops a server should have that shares the machine with whoever finds the answers: half as many as there are
 * processors, and at least one. */
unsigned http_threads_usual(void);

/* Listens and serves. The options are copied, but for what they borrow. PORT_IN_USE, ADDRESS_ABSENT or PORT_FORBIDDEN
 * with the address in the log, or FILE_WRITE where it is a Unix socket; NO_MEMORY, INTERNAL. */
RESULT http_server_start(const struct http_options *options, struct http_server **ret_server, struct reason *reason);
/* The port listened on; 0 for a Unix socket. */
uint16_t http_server_port(const struct http_server *server);
/* Takes no new connections, and refuses new requests on those that are there. Once it returns no handler runs or will
 * be called; deferred requests are still answered. Thread-safe. */
void http_server_quiesce(struct http_server *server);
/* The same; then waits up to two seconds for the deferred requests, each of which must have been resumed by then or be
 * about to, cuts all connections, and removes a Unix socket. Takes NULL. */
void http_server_stop(struct http_server *server);

#endif
