/*
 * Writing JSON (RFC 8259) to a buffer, value by value as it comes.
 *
 * What is open is closed by whoever opened it; commas and escapes come by themselves. Each function takes
 * the key of the value, or NULL within a list and for the outermost value. Faults are kept, and asked for once, at the
 * end: json_status(). Keys and texts can be whatever strangers send: all control characters are escaped, those of
 * U+007F to U+009F too.
 *
 * Pure; allocates only as the buffer grows. A writer is for one thread.
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "base/buffer.h"

enum json_layout {
    JSON_TIGHT,  /* {"a":1,"b":[2,3]} */
    JSON_SPACED, /* {"a": 1, "b": [2, 3]} */
};

/* What becomes of a byte that is no UTF-8. */
enum json_stray {
    JSON_STRAY_REFUSED,  /* nothing is written for it, and json_status() says TEXT_NOT_UTF8 */
    JSON_STRAY_REPLACED, /* U+FFFD */
    JSON_STRAY_LATIN,    /* the character of that number, which is what it would be in Latin-1 */
};

struct json_writer {
    struct buffer *out; /* borrowed */
    enum json_layout layout;
    enum json_stray stray;
    unsigned depth; /* of objects and lists that are open */
    bool empty;     /* nothing stands in the innermost of them */
    bool refused;   /* a stray byte was met */
};

/* A writer that appends to `out`, which must outlive it. */
struct json_writer json_writer_make(struct buffer *out, enum json_layout layout, enum json_stray stray);

void json_open_object(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_open_list(struct json_writer *writer, const char *key);
void json_close_list(struct json_writer *writer);

void json_text(struct json_writer *writer, const char *key, const char *text);
void json_slice(struct json_writer *writer, const char *key, struct slice text);
void json_number(struct json_writer *writer, const char *key, uint64_t number);
void json_signed(struct json_writer *writer, const char *key, int64_t number);
void json_switch(struct json_writer *writer, const char *key, bool on);
void json_nothing(struct json_writer *writer, const char *key);

/* The first fault of all that was written: TEXT_NOT_UTF8, or that of the buffer. */
RESULT json_status(const struct json_writer *writer);

#endif
