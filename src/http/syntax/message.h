/*
 * One HTTP/1 request, from bytes that come in any pieces. Pure.
 *
 * The syntax is a library's (parser.h); what is decided here is which requests are accepted at all, how much of one may
 * come, and where its body lies. A request that comes whole in one piece is read where it lies, without a copy.
 *
 * Always: after any state but MESSAGE_PARTIAL nothing more may be fed before message_end and message_begin.
 */
#ifndef HTTP_SYNTAX_MESSAGE_H
#define HTTP_SYNTAX_MESSAGE_H

#include "base/buffer.h"
#include "http/handler.h"
#include "parser.h"
#include "target.h"

enum {
    /* A body that is too large is read and thrown away up to here, so that the client gets to see the answer. */
    DRAIN_MAX = 64 * 1024,
    FIELD_SIZE = 16, /* every name of a header that matters is shorter, and every value but that of Authorization */
};

struct message_limits {
    size_t head; /* bytes of request line and headers */
    size_t body;
};

enum message_state {
    MESSAGE_PARTIAL,        /* more must come */
    MESSAGE_WHOLE,          /* to be answered; what follows is the next request */
    MESSAGE_BROKEN,         /* not HTTP/1: nothing that follows has a meaning */
    MESSAGE_HEAD_LARGE,     /* more than its limit; the same */
    MESSAGE_BODY_UNBOUNDED, /* more than DRAIN_MAX, or announces it; the same */
};

/* What came so far of a name, and fits. */
struct field_name {
    size_t size;
    char text[FIELD_SIZE];
};

/* The same of a value. */
struct field_value {
    size_t size; /* HTTP_AUTHORIZATION_MAX + 1: it does not fit */
    char text[HTTP_AUTHORIZATION_MAX + 1];
};

struct message {
    const struct message_limits *limits;
    enum message_state state;
    bool headed;    /* the headers are there */
    bool oversized; /* whole, but its body was larger than its limit and is lost */
    bool starved;   /* whole, but there was no memory for its body */
    bool persists;  /* the client accepts another answer on this connection */
    bool chunks;    /* it understands an answer in chunks */
    bool expects;   /* waits for "100 Continue" before it sends the body; cleared by whoever says so */
    bool in_value;  /* of a header */
    enum http_method_id method;
    unsigned host_count;          /* headers `Host` */
    unsigned authorization_count; /* and `Authorization` */
    size_t fed;                   /* bytes of this request */
    const char *from;             /* what is being fed */
    uint64_t announced;           /* Content-Length; UINT64_MAX: none, or in chunks */
    uint64_t received;            /* of the body */
    struct slice lying;           /* the body in what was fed last, where it came in one piece */
    struct buffer body;           /* or else here */
    struct field_name name;
    struct field_value value;
    struct field_value authorization; /* of the last such header */
    struct parser parser;
    struct target target;
};

/* Needs no message_end yet. The limits are borrowed. */
void message_begin(struct message *message, const struct message_limits *limits);
/* Reads what belongs to this request. Where the state becomes MESSAGE_WHOLE the body may lie in `bytes`. */
enum message_state message_feed(struct message *message, struct slice bytes, size_t *ret_used);
/* Frees the memory of the body. */
void message_end(struct message *message);

/* What was sent as a body; borrowed from the message, or from what was fed last. */
struct slice message_body(const struct message *message);
/* The value of the header `Authorization`; of size 0 where there is none, are several, or it is longer than
 * HTTP_AUTHORIZATION_MAX. Borrowed from the message. */
struct slice message_authorization(const struct message *message);

#endif
