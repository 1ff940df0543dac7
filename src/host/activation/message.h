/*
 * One HTTP/1 request, from bytes that come in any pieces. Pure.
 *
 * The syntax is http_parser's; what is decided here is which requests are taken at all, how much of one may come, and
 * where its body lies. A request that comes whole in one piece is read where it lies, without a copy.
 *
 * Always: after any state but MESSAGE_PARTIAL nothing more may be fed before message_end and message_begin.
 */
#ifndef HOST_ACTIVATION_MESSAGE_H
#define HOST_ACTIVATION_MESSAGE_H

#include "base/buffer.h"
#include "core/limits.h"

#include <http_parser.h>

enum {
    HEADER_MAX = 8 * 1024, /* request line and headers */
    /* A body that is too large is read and thrown away up to here, so that the client gets to see the answer. */
    DRAIN_MAX = 64 * 1024,
    TARGET_SIZE = 256, /* no page has a longer address */
    FIELD_SIZE = 16,   /* every name and value of a header that matters is shorter */
};

enum message_state {
    MESSAGE_PARTIAL,        /* more must come */
    MESSAGE_WHOLE,          /* to be answered; what follows is the next request */
    MESSAGE_BROKEN,         /* not HTTP/1: nothing that follows has a meaning */
    MESSAGE_HEADERS_LARGE,  /* more than HEADER_MAX; the same */
    MESSAGE_BODY_UNBOUNDED, /* more than DRAIN_MAX, or announces it; the same */
};

/* What came so far of a name or a value, and fits. */
struct field_text {
    size_t size;
    char text[FIELD_SIZE];
};

struct message {
    struct http_parser parser;
    enum message_state state;
    bool headed;         /* the headers are there */
    bool oversized;      /* whole, but its body was larger than REQUEST_MAX and is lost */
    bool starved;        /* whole, but there was no memory for its body */
    bool keep;           /* the client takes another answer on this connection */
    bool expects;        /* waits for "100 Continue" before it sends the body; cleared by whoever says so */
    bool in_value;       /* of a header */
    unsigned host_count; /* headers `Host` */
    size_t fed;          /* bytes of this request */
    uint64_t announced;  /* Content-Length; UINT64_MAX: none, or in chunks */
    uint64_t received;   /* of the body */
    struct slice lying;  /* the body in what was fed last, where it came in one piece */
    struct buffer body;  /* or else here */
    struct field_text name;
    struct field_text value;
    size_t target_size; /* may be more than was kept */
    char target[TARGET_SIZE];
};

/* Once for the process, before any message_feed. */
void message_limits(void);
/* Needs no message_end yet. */
void message_begin(struct message *message);
/* Takes what belongs to this request. Where the state becomes MESSAGE_WHOLE the body may lie in `bytes`. */
enum message_state message_feed(struct message *message, struct slice bytes, size_t *ret_used);
/* Frees what the body took. */
void message_end(struct message *message);

/* Whether anything of a request has come. */
bool message_begun(const struct message *message);
/* What was sent as a body; borrowed from the message, or from what was fed last. */
struct slice message_body(const struct message *message);
/* Path of the address that is asked for, without host and query; "" where there is none, or it is too long. */
const char *message_path(struct message *message);

#endif
