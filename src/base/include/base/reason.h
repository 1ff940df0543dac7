/*
 * The words behind a failure: which file, which line, what the system said.
 *
 * A result says what kind of failure it is, with the table's sentence; a reason adds the particulars for a person. A
 * function that has some takes `struct reason *reason` as its last parameter. NULL: nobody wants to know. It is written
 * on failure only, and whoever passes one in makes it with {.text = ""}, so that it can be shown whatever happened.
 * Pure; a reason serves one thread at a time.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

#include "base/result.h"

enum { REASON_SIZE = 1280 }; /* a path and a sentence */

struct reason {
    char text[REASON_SIZE]; /* UTF-8, zero-terminated; "": nothing to add to the result's own sentence */
};

/* Sets the words and returns `why`, so that a failure and its reason are one statement. What does not fit is cut
 * off. */
__attribute__((format(printf, 3, 4))) RESULT reason_say(struct reason *reason, struct result why, const char *format,
                                                        ...);
/* The same before the words that are there already: "reading the key: " and what failed in it. Nothing where there are
 * none. Returns `why`. */
__attribute__((format(printf, 3, 4))) RESULT reason_within(struct reason *reason, struct result why, const char *format,
                                                           ...);
/* Appends. */
__attribute__((format(printf, 2, 3))) void reason_add(struct reason *reason, const char *format, ...);
/* The words; "" for NULL. Borrowed. */
const char *reason_text(const struct reason *reason);
/* The words, or NULL where there are none. Borrowed. */
const char *reason_or_null(const struct reason *reason);

#endif
