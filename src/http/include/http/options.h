/* Where a server listens, what it serves, and what it allows; see http/server.h. */
#ifndef HTTP_OPTIONS_H
#define HTTP_OPTIONS_H

#include "base/time.h"
#include "http/handler.h"
#include "http/stream.h"
#include "system/log.h"

enum { HTTP_ADDRESSES_MAX = 16, HTTP_THREADS_MAX = 8, HTTP_HEAD_MAX = 64 * 1024 };

struct http_options {
    /* Where to listen: a Unix socket, where `folder` is not NULL; or else TCP. */
    const char *folder;           /* where the socket is made, for its owner alone (0600) from its first moment */
    const char *socket;           /* its name there; one that is there already is replaced */
    const char *const *addresses; /* numeric, at most HTTP_ADDRESSES_MAX; none: all there are, IPv6 and IPv4 */
    size_t address_count;
    uint16_t port; /* 0: any free one */

    /* Limits. */
    unsigned threads;     /* 1 to HTTP_THREADS_MAX; see http_threads_usual */
    unsigned connections; /* at a time; for one more, the one of which nothing moves for longest is closed */
    unsigned connections_per_address; /* TCP, an IPv4 address or an IPv6 /64; what is beyond is closed */
    size_t head_max;                  /* bytes of request line and headers, at most HTTP_HEAD_MAX */
    size_t body_max;                  /* bytes of a body */
    seconds idle_timeout;             /* without a byte from or to the client */
    seconds request_timeout;          /* until a request is there whole, and again until its answer has been taken */
    seconds pause_timeout;            /* that the reader of an answer in pieces may pause */

    /* What is served. Borrowed until http_server_stop. */
    const struct http_route *routes;
    size_t route_count;
    size_t room_size; /* see http_request_room; 0: never called */
    void *context;    /* of all handlers, and of these: */
    /* Whether a peer is served at all, asked when it connects; if not, it is refused before anything that it says is
     * looked at. Asked again for each later request of the connection, since it may have stayed for long; never once
     * http_server_quiesce has returned. NULL: everybody is. */
    bool (*admit)(void *context, const struct http_peer *peer);
    /* The text of a refusal, whose status is the server's. NULL: the words of the status. */
    struct http_response (*refuse)(void *context, enum http_refusal why);

    const struct http_stream_calls *stream; /* NULL: http_stream_plain */
    const struct log *log;
    const char *name; /* of the threads, at most 15 characters */
};

#endif
