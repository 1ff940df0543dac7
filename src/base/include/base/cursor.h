/*
 * The one text cursor: reads borrowed text from front to back and remembers the first error.
 *
 * After an error every read returns an empty slice or false, so that a reader can be written like a schema and ask
 * once, at the end. The error carries the line (1-based) on which it happened.
 *
 * Always: position <= text.size; nothing is copied or allocated. Not thread-safe.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/bytes.h"

struct cursor {
    struct slice text;
    size_t position;
    unsigned line; /* of the next byte to read */
    struct result state;
};

struct cursor cursor_make(struct slice text);
/* Sets the error unless there is one. A `why` without a place gets the line of the next byte to read; whoever means the
 * line just read passes its number. */
void cursor_fail(struct cursor *cursor, struct result why);
bool cursor_failed(const struct cursor *cursor);
bool cursor_at_end(const struct cursor *cursor);

/* Reads up to the next newline, which is consumed and not returned. No newline: TEXT_TRUNCATED. */
struct slice cursor_line(struct cursor *cursor);
/* The line that cursor_line would return, or an empty slice at the end; consumes nothing and never fails. */
struct slice cursor_peek_line(const struct cursor *cursor);
/* Reads exactly this text; otherwise fails with `why`. */
void cursor_expect(struct cursor *cursor, const char *text, struct result why);
/* All that is left. */
struct slice cursor_rest(struct cursor *cursor);
/* Ends the reading: the first error, or TEXT_TRAILING where something is left. */
RESULT cursor_finish(struct cursor *cursor);

#endif
