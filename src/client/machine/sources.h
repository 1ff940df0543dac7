/* What identifies the hardware of a machine, in words that never leave it. Pure, thread-safe. */
#ifndef CLIENT_MACHINE_SOURCES_H
#define CLIENT_MACHINE_SOURCES_H

#include "base/result.h"
#include "core/limits.h"

#include <stdbool.h>

enum { SOURCE_VALUE_SIZE = 256 };

/* What identifies the hardware, before it is digested. Ascending by kind. */
struct hardware_sources {
    size_t count;
    struct hardware_source {
        char kind[HARDWARE_KIND_SIZE];
        char value[SOURCE_VALUE_SIZE];
    } sources[HARDWARE_MAX];
    size_t unreadable_count;
    char unreadable[HARDWARE_MAX][HARDWARE_KIND_SIZE]; /* kinds that are there and may not be read by this user */
};
/* Puts one in its place. DOCUMENT_VALUE: kind or value is not of the form; DOCUMENT_DUPLICATE_KEY, DOCUMENT_LIMIT. */
RESULT hardware_sources_add(struct hardware_sources *sources, const char *kind, const char *value);

/* Whether `value` tells nothing apart as a source of `kind`: it has no letter or digit, is all zeros or all ones, or is
 * known to repeat (known_values.c). Capitals, blanks and punctuation make no difference, nor does the locale. */
bool value_is_known_to_repeat(const char *kind, const char *value);

#endif
