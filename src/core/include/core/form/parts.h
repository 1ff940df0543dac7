/*
 * Signed notes within a larger text: a line `KEY LENGTH`, and as many bytes, verbatim. Pure.
 */
#ifndef CORE_FORM_PARTS_H
#define CORE_FORM_PARTS_H

#include "base/buffer.h"
#include "base/cursor.h"

/* The value of the line that begins with `key`, which ends in a space; DOCUMENT_MISSING_KEY. */
struct slice line_value(struct cursor *cursor, const char *key);
/* Fails at the line that was read last, unless all is well. */
void line_require(struct cursor *cursor, struct result result);
/* The line `KEY LENGTH` (`key` ends in a space) and as many bytes, at most `max`: DOCUMENT_MISSING_KEY, DOCUMENT_VALUE,
 * TEXT_TRUNCATED. Whether they are text of whole lines, their own readers say. Borrowed. */
struct slice part_read(struct cursor *cursor, const char *key, size_t max);
void part_write(const char *key, struct slice bytes, struct buffer *out);

#endif
