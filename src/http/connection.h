/*
 * One connection: bytes in, bytes out, its end.
 *
 * Always: a connection belongs to the thread of its loop, which alone touches it; between http_defer and http_resume
 * its request is a handler's, and http_resume does nothing but put it before the loop. A connection whose client is
 * gone stays until then. Nobody but the loop frees a connection: the others set PHASE_OVER.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "net/poll.h"
#include "outgoing.h"
#include "request.h"
#include "worker.h"

enum phase {
    PHASE_READING,
    PHASE_WAITING,   /* for a deferred answer */
    PHASE_SENDING,   /* an answer that the stream has not accepted yet, or that has pieces still to be made */
    PHASE_LINGERING, /* answered before the end of the request: what still comes is thrown away, or the system would
                        throw away the answer */
    PHASE_OVER,      /* to be freed */
};

struct connection {
    struct source source; /* first: events carry its address */
    struct worker *worker;
    struct connection *previous; /* of its loop's */
    struct connection *next;
    struct letter returned; /* in worker->returned */
    enum phase phase;
    bool watched;    /* it is in worker->poll */
    bool missed;     /* input may wait of which the loop will not be told again */
    bool closing;    /* after the answer */
    bool lingering;  /* and the request has not been read to its end */
    bool unwelcome;  /* `admit` said no, */
    bool met;        /* as it is asked again for each request but the first */
    uint8_t *behind; /* read behind the request that is being answered; NULL: nothing */
    size_t behind_size;
    size_t drained; /* while lingering */
    struct timer idle;
    struct timer whole;
    struct outgoing outgoing;
    struct http_stream stream;
    struct address address; /* its owner's, by which it is counted; not of a Unix socket */
    struct http_peer peer;
    struct http_request request; /* last, for connection_clear */
};

/* Of new memory, before anything else is set. */
void connection_clear(struct connection *connection);
/* Once source, worker, stream, peer, address and unwelcome are set. */
void connection_begin(struct connection *connection);
/* What epoll said. */
void connection_ready(struct connection *connection, uint32_t events);
/* The deferred answer has been found. */
void connection_returned(struct connection *connection);
/* Has the loop say, also once more, what the connection is ready for. */
void connection_watch(struct connection *connection, bool output);
/* Frees what it holds, but not itself. */
void connection_end(struct connection *connection);

#endif
