/*
 * What a handler sees: a request that is there whole, and the ways to answer it.
 *
 * A handler either answers before it returns (http_respond), or defers (http_defer), has another thread find the
 * answer, which says so (http_resume), and answers when the server calls back. An answer is one text, or pieces that
 * are made while they are sent.
 *
 * Threads: handlers, `resume`, producers and http_respond run on the thread of the loop whose connection it is. A
 * server with several loops calls one handler on several threads at once. Only http_resume may be called from
 * anywhere. None of them may wait for long: all connections of the loop wait meanwhile.
 */
#ifndef HTTP_HANDLER_H
#define HTTP_HANDLER_H

#include "base/address.h"
#include "base/buffer.h"

#include <sys/types.h>

/* ---- the request ---- */

struct http_request;

enum http_method_id { METHOD_OTHER, METHOD_GET, METHOD_HEAD, METHOD_POST };

enum { HTTP_ADDRESS_SIZE = 46 }; /* INET6_ADDRSTRLEN */
/* Bytes of the value of a header `Authorization` that a handler gets to see. */
enum { HTTP_AUTHORIZATION_MAX = 127 };

/* Who is at the other end. */
struct http_peer {
    bool local; /* over a Unix socket; then the kernel says who it was that connected */
    uid_t user;
    gid_t group;
    pid_t process;
    struct address from;             /* or else where it is, */
    char address[HTTP_ADDRESS_SIZE]; /* and the same in text */
};

/* METHOD_GET, METHOD_HEAD or METHOD_POST. */
enum http_method_id http_request_method(const struct http_request *request);
/* What stands for the star of the route; "" where it has none. Borrowed until the request is answered. */
const char *http_request_name(const struct http_request *request);
/* The value of an argument behind the question mark, unescaped; NULL where there is none. Borrowed until the request is
 * answered. */
const char *http_request_argument(struct http_request *request, const char *name);
/* What was sent as a body. Borrowed until the handler returns or answers. */
struct slice http_request_body(const struct http_request *request);
/* The value of the header `Authorization`, without blanks around it, whatever it is worth; of size 0 where there is
 * none, are several, or it is longer than HTTP_AUTHORIZATION_MAX. Borrowed until the request is answered. */
struct slice http_request_authorization(const struct http_request *request);
/* Borrowed until the request is answered. */
const struct http_peer *http_request_peer(const struct http_request *request);
/* Memory of options.room_size bytes for whatever the handler needs until the request is answered: not cleared, and the
 * same at every call. The server keeps it for later requests, so that a busy handler allocates nothing. NULL: there
 * was no memory. */
void *http_request_room(struct http_request *request);

/* ---- the answer ---- */

/*
 * An answer in pieces, for what is too large to hold. A piece is made only when what was made before has been given to
 * the system, so a reader that does not read stops the producer, and no more than a piece is held.
 *
 * With a length that is known the answer says it; otherwise it is sent in chunks, or, to clients of HTTP/1.0, until the
 * connection ends. A producer that fails, or does not keep to its length, cuts the connection, so that nobody takes
 * what came for the whole.
 */
enum { HTTP_PIECE_MAX = 256 * 1024 };
#define HTTP_LENGTH_UNKNOWN UINT64_MAX

struct http_pieces {
    /* Appends the next piece to `out`: at least one byte, at most HTTP_PIECE_MAX (what is there already is the
     * server's), and says whether it was the last, which may be empty. Not called again after a failure or the last. */
    RESULT (*produce)(void *context, struct buffer *out, bool *ret_last);
    /* Frees what `context` holds: called once, whatever became of the answer, and of its reader. */
    void (*end)(void *context);
    void *context;
    uint64_t length; /* of all pieces, or HTTP_LENGTH_UNKNOWN */
};

/* Statuses of answers that are none of the server's refusals; any other may be given as a number. */
enum { HTTP_OK = 200, HTTP_UNAVAILABLE = 503 };

struct http_response {
    int status;
    const char *type;          /* Content-Type */
    const char *cache;         /* Cache-Control; NULL: not said */
    const char *allow;         /* Allow; NULL: not said */
    char *body;                /* malloc'ed; NULL: there was no memory, and the connection ends */
    size_t size;               /* of it */
    bool lent;                 /* the body is in the request's room instead, and is not freed */
    struct http_pieces pieces; /* instead of a body, where `produce` is not NULL */
};

/* An answer with a copy of the text. */
struct http_response http_response_of(int status, const char *type, struct slice text);
/* An answer with the text of the buffer, which is left empty. */
struct http_response http_response_take(int status, const char *type, struct buffer *text);

/* Answers, and takes over body or pieces. Once for each request, which is not to be used after it. */
void http_respond(struct http_request *request, const struct http_response *response);

/* Says that the answer comes later. To be called before another thread is told of the request, since the answer may be
 * there at once. A handler that then finds nobody to give it to answers after all. */
void http_defer(struct http_request *request, void (*resume)(void *context, struct http_request *request));
/* From any thread, once after http_defer, and without waiting: has the server call `resume`, which answers. The request
 * is no longer the caller's. A deferred request stays until then even if its client is gone. */
void http_resume(struct http_request *request);

/* ---- which handler ---- */

/* `path` may hold one star: between slashes for what is between them, as in "/machines/ * /block" without the blanks,
 * and at the end, doubled, for all that follows, slashes too. A route for GET takes HEAD as well. Of several the first
 * that fits is taken. */
struct http_route {
    enum http_method_id method;
    const char *path;
    void (*handle)(void *context, struct http_request *request);
};

/* What the server refuses by itself, and with which status. */
enum http_refusal {
    HTTP_REFUSED_PEER,     /* 403: `admit` said no */
    HTTP_NOT_UNDERSTOOD,   /* 400: not HTTP/1 */
    HTTP_HEAD_TOO_LARGE,   /* 431 */
    HTTP_BODY_TOO_LARGE,   /* 413 */
    HTTP_NO_SUCH_PATH,     /* 404 */
    HTTP_NOT_THIS_METHOD,  /* 405, with Allow */
    HTTP_OUT_OF_MEMORY,    /* 503 */
    HTTP_SERVER_QUIESCENT, /* 503 */
};

#endif
