/*
 * The address that a request asks for: its path, and the arguments behind the question mark. Pure.
 */
#ifndef HTTP_SYNTAX_TARGET_H
#define HTTP_SYNTAX_TARGET_H

#include "base/bytes.h"

#include <stdbool.h>

enum { TARGET_SIZE = 1024 }; /* no path with its arguments is longer */

struct target {
    size_t size;         /* may be more than was kept */
    bool divided;        /* into path and arguments */
    bool unescaped;      /* the arguments: names and values by turns, each with a zero behind it */
    char *path;          /* once divided */
    char *arguments;     /* likewise; without the question mark */
    char *arguments_end; /* once unescaped */
    char text[TARGET_SIZE];
};

void target_begin(struct target *target);
/* Appends what came of it. */
void target_add(struct target *target, const char *text, size_t size);
/* The path, without host, arguments and fragment, as it was sent; "" where there is none, or the target is too long.
 * Borrowed; the target is not to be moved any more. */
char *target_path(struct target *target);
/* The value of the first argument of that name, with %XX and plus signs undone; NULL where there is none with a value.
 * An escape that is none, or that of a zero, stays as it was sent. Borrowed. */
const char *target_argument(struct target *target, const char *name);

#endif
