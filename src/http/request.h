/* A request as its connection keeps it, and handlers see it (http/handler.h). */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "limits/pool.h"
#include "syntax/message.h"

struct http_request {
    const struct http_peer *peer;
    struct pool *rooms;
    void *room; /* NULL: not asked for */
    const char *name;
    void (*resume)(void *context, struct http_request *request); /* once the answer has been found */
    bool open;                                                   /* in the hands of a handler, which has not answered */
    struct message message; /* last: begun by message_begin, and not cleared before */
};

#endif
