/*
 * The one growing buffer: text or bytes up to a limit given at its making.
 *
 * The first append that would pass the limit (TEXT_TOO_LONG) or that gets no memory (NO_MEMORY) leaves a sticky error;
 * later appends do nothing. So a writer appends without looking and asks once, at the end.
 *
 * Always: size <= limit; after buffer_text() the byte behind the last is zero. Not thread-safe.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/bytes.h"

struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t limit;
    struct result state;
};

/* An empty buffer; allocates nothing yet. */
struct buffer buffer_make(size_t limit);
/* Wipes nothing: for secrets, use secret.h. Leaves an empty buffer of the same limit. */
void buffer_free(struct buffer *buffer);
/* Empties it and clears the error; keeps the memory. */
void buffer_clear(struct buffer *buffer);

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_slice(struct buffer *buffer, struct slice slice);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_append_decimal(struct buffer *buffer, uint64_t value);
void buffer_append_signed(struct buffer *buffer, int64_t value);
void buffer_append_base64(struct buffer *buffer, const void *data, size_t size);
void buffer_append_hex(struct buffer *buffer, const void *data, size_t size);
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *buffer, const char *format, ...);

/* A cell of a table of RFC 4180, in quotes: what a spreadsheet would take for a formula begins with an apostrophe, and
 * what is not shown as itself (utf8_is_control()), or is no UTF-8, is '?'. */
void buffer_append_csv(struct buffer *buffer, const char *text);

/* The sticky error, or success. */
RESULT buffer_status(const struct buffer *buffer);
/* What has been written; borrowed until the next append. */
struct slice buffer_slice(const struct buffer *buffer);
/* The same as a C string; borrowed; never NULL ("" where there is nothing or no memory). */
const char *buffer_text(struct buffer *buffer);
/* Hands the memory (zero-terminated) to the caller, who frees it with free(), and leaves the buffer empty; NULL after
 * an error. */
char *buffer_take(struct buffer *buffer, size_t *ret_size);

#define CLEANUP_BUFFER __attribute__((cleanup(buffer_free)))

#endif
