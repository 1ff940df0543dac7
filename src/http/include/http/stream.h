/*
 * What the bytes of a connection go through: the seam between the server and the system.
 *
 * The server calls nothing else of a connection's socket, so that a stream may encrypt, or play a slow network in a
 * test. Always: a stream belongs to the thread of one loop, and no call blocks.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "base/bytes.h"

#include <stdbool.h>
#include <sys/types.h>

/* Instead of a number of bytes. */
enum { HTTP_STREAM_AGAIN = -1, HTTP_STREAM_FAILED = -2 };

struct http_stream_calls;

struct http_stream {
    const struct http_stream_calls *calls;
    int descriptor; /* connected and not blocking; the loop waits for it, and `end` closes it */
    void *session;  /* of the calls */
};

struct http_stream_calls {
    /* A connection is there; false, and nothing is kept, where it cannot be served: the server closes it. */
    bool (*begin)(struct http_stream *stream);
    /* Up to `room` bytes to `to`; returns how many, 0 where the client has said all, HTTP_STREAM_AGAIN where none are
     * there now, or HTTP_STREAM_FAILED. Fewer than `room` means that no more are there now: the loop is told of each
     * change once, and does not look again. */
    ssize_t (*receive)(struct http_stream *stream, void *to, size_t room);
    /* Bytes of the first and then of the second, which may be empty; returns how many of both together were accepted,
     * HTTP_STREAM_AGAIN or HTTP_STREAM_FAILED. */
    ssize_t (*send)(struct http_stream *stream, struct slice first, struct slice second);
    /* Says that nothing more will be sent; what the client still says can be received. False where that failed. */
    bool (*finish)(struct http_stream *stream);
    /* Closes the descriptor and frees the session. Only after a `begin` that was true. */
    void (*end)(struct http_stream *stream);
};

/* Bytes as they are. */
extern const struct http_stream_calls http_stream_plain;

#endif
