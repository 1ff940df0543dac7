/*
 * What is carried between a machine that sees no network and its host: files, by mail or on a stick.
 *
 *   request         the note as the machine signed it, which mailed.h mends
 *   introduction    proto/introduction.h, wrapped
 *   answer          the following, wrapped:
 *
 *     aval parcel v1
 *     request BASE64         SHA-256 of the request that it answers
 *     license LENGTH         as the vendor signed it; 0: none, for the answer is a denial
 *     answer LENGTH          proto/answer.h, or a denial
 *
 * Wrapped: words for people; a line `-----BEGIN AVAL ANSWER-----`; base64 in lines of 64; `-----END AVAL ANSWER-----`.
 * What mail does to text (words around, `>` before each line, other line ends, blanks, lines wrapped elsewhere) does
 * nothing to it. The words are for people; no program believes them. What is within is read as strictly as what comes
 * over a network, and believed for no more than its own signatures.
 *
 * Pure; reader and writer stand side by side in parcel.c.
 */
#ifndef PROTO_PARCEL_H
#define PROTO_PARCEL_H

#include "base/buffer.h"
#include "base/hash.h"
#include "core/limits.h"

enum {
    PARCEL_MAX = NOTE_MAX + ANSWER_MAX + 256,
    WRAPPED_MAX = 2 * PARCEL_MAX + 4096, /* the file, as somebody may have quoted it */
};

struct parcel {
    struct hash request;
    struct slice license; /* borrowed from what was read, and so is */
    struct slice answer;
};
/* DOCUMENT_TYPE, DOCUMENT_VERSION, DOCUMENT_VALUE, DOCUMENT_MISSING_KEY, BASE64, TEXT_* with the line. The parts are
 * not looked into. */
RESULT parcel_read(struct slice text, struct parcel *ret_parcel);
void parcel_write(const struct parcel *parcel, struct buffer *out);

#define WRAPPED_ANSWER       "ANSWER"
#define WRAPPED_INTRODUCTION "INTRODUCTION"

/* Appends the content, wrapped. */
void wrap(const char *label, struct slice content, struct buffer *out);
/* Appends what is wrapped in the text, which is of that label. DOCUMENT_TYPE where there is none; DOCUMENT_SEVERAL;
 * TEXT_TRUNCATED where its end is missing; BASE64 with the line; TEXT_TOO_LONG above WRAPPED_MAX, or what `out` takes;
 * NO_MEMORY. */
RESULT unwrap(const char *label, struct slice text, struct buffer *out);

#endif
