/*
 * The syntax of HTTP/1 requests, as a library reads it: bytes in, what they mean out. Which library it is shows in no
 * other file: parser_http_parser.c, or parser_llhttp.c where the system has llhttp. Pure.
 *
 * Always: after parser_feed ended with anything but PARSER_READING it is not called again before parser_begin.
 */
#ifndef HTTP_SYNTAX_PARSER_H
#define HTTP_SYNTAX_PARSER_H

#include "base/bytes.h"

#include <stdbool.h>

enum { PARSER_SIZE = 160 }; /* of the libraries' own state */

/* What the head of a request says, where the library understands more of it than its text. */
struct parser_head {
    const char *method; /* "GET" */
    unsigned major;     /* of the version */
    unsigned minor;
    bool keeps_alive; /* another request may follow */
    bool has_length;  /* Content-Length, and not in chunks */
    uint64_t length;
};

/* Called while a request is read, with texts in as many parts as they come in. False ends the reading. */
struct parser_events {
    bool (*target)(void *context, const char *text, size_t size);
    bool (*name)(void *context, const char *text, size_t size);  /* of a header */
    bool (*value)(void *context, const char *text, size_t size); /* of the same */
    bool (*head)(void *context, const struct parser_head *head);
    bool (*body)(void *context, const char *data, size_t size);
};

struct parser {
    _Alignas(max_align_t) unsigned char state[PARSER_SIZE];
    const struct parser_events *events;
    void *context;
};

enum parser_outcome {
    PARSER_READING,
    PARSER_WHOLE,   /* the request has ended, and what follows is the next */
    PARSER_STOPPED, /* by an event */
    PARSER_BROKEN,  /* not HTTP/1 */
};

void parser_begin(struct parser *parser, const struct parser_events *events, void *context);
/* Reads up to the end of the request and no further; says how many bytes that was. */
enum parser_outcome parser_feed(struct parser *parser, struct slice bytes, size_t *ret_used);

#endif
