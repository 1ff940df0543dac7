/*
 * Borrowed bytes, and the small encodings of them: base64, hex, UTF-8, decimal.
 *
 * Always: readers are strict. Each value has exactly one accepted spelling, so that what was read and written again is
 * the same text. All functions are pure and thread-safe.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/result.h"

/* Bytes that somebody else owns. */
struct slice {
    const uint8_t *data;
    size_t size;
};

/* A slice of a C string, without its final zero; borrows it. */
struct slice slice_of(const char *text);
struct slice slice_make(const void *data, size_t size);
bool slice_equal(struct slice a, struct slice b);
bool slice_is(struct slice a, const char *text);
bool slice_starts_with(struct slice a, const char *prefix);
/* Takes the ending off where the slice has it; says whether it had. */
bool slice_cut_ending(struct slice *a, const char *ending);

/* Copies into a zero-terminated array of `capacity` bytes. TEXT_TOO_LONG where it does not fit; DOCUMENT_VALUE where
 * the slice holds a zero byte. */
RESULT slice_copy_text(struct slice from, char *to, size_t capacity);

/* Characters of ASCII. What the C library says of them is of the process's locale, which is the product's to choose:
 * under a Turkish one a capital I has another small letter. */
bool ascii_is_space(char character); /* blank, tab, line feed, vertical tab, form feed, carriage return */
bool ascii_is_alphanumeric(char character);
bool ascii_is_hex(char character); /* of either case */
char ascii_lower(char character);  /* itself where it is no capital */
/* Whether the first `size` characters are the same but for capitals; neither may end before. */
bool ascii_same(const char *a, const char *b, size_t size);

/* Base64 of RFC 4648 section 4 with padding. Length of the text for `size` bytes, without a final zero. */
#define BASE64_LENGTH(size) (((size_t)(size) + 2) / 3 * 4)
/* Writes BASE64_LENGTH(size) characters and a final zero. Not for secrets: its time depends on them (see secret.h). */
void base64_write(const void *data, size_t size, char *text);
/* Reads exactly `size` bytes, straight to their place; BASE64 for anything but their one spelling. */
RESULT base64_read_exactly(struct slice text, void *ret_data, size_t size);
/* How many bytes the text is; BASE64 where it is none of base64. */
RESULT base64_check(struct slice text, size_t *ret_size);
/* Reads up to `capacity` bytes: BASE64, TEXT_TOO_LONG. */
RESULT base64_read(struct slice text, void *ret_data, size_t capacity, size_t *ret_size);

/* Lower-case hex; writes 2 * size characters and a final zero. */
void hex_write(const void *data, size_t size, char *text);
/* Reads exactly `size` bytes of lower-case hex; DOCUMENT_VALUE otherwise. */
RESULT hex_read_exactly(struct slice text, void *ret_data, size_t size);

/* Decimal without sign, leading zeros or spaces; DOCUMENT_VALUE otherwise, or where above `max`. */
RESULT decimal_read(struct slice text, uint64_t max, uint64_t *ret_value);

/* Whether the bytes are UTF-8 of RFC 3629 (no surrogates, no overlong forms). */
bool utf8_valid(struct slice text);
/* How many bytes it begins with that are ASCII from the space on (0x20 to 0x7f): what nearly all text is made of. */
size_t ascii_length(struct slice text);
/* Length of the character that the text begins with; 0 where it begins with none, or is empty. */
size_t utf8_length(struct slice text);
/* The number of that one character, as utf8_length() found it. */
uint32_t utf8_code_point(struct slice character);
/* Whether that one character is not shown as itself where it is printed: it moves the cursor or begins a control
 * sequence (U+0000 to U+001F, U+007F to U+009F), turns the direction of what stands around it, breaks the line, or is
 * nothing to be seen (general categories Cf, Zl and Zp of Unicode, the soft hyphen and signs of some scripts excepted).
 */
bool utf8_is_control(struct slice character);

#endif
