/* What identifies the hardware of a machine, in words that never leave it. Pure, thread-safe. */
#ifndef CLIENT_MACHINE_HARDWARE_SOURCES_H
#define CLIENT_MACHINE_HARDWARE_SOURCES_H

#include "base/result.h"
#include "core/limits.h"

#include <stdbool.h>

enum { SOURCE_VALUE_SIZE = 256 };

/* What identifies the hardware, before it is digested. Ascending by kind and value. */
struct hardware_sources {
    size_t count;
    struct hardware_source {
        char kind[HARDWARE_KIND_SIZE];
        char value[SOURCE_VALUE_SIZE];
    } sources[HARDWARE_MAX];
    size_t unreadable_count;
    char unreadable[HARDWARE_MAX][HARDWARE_KIND_SIZE]; /* kinds that are there and may not be read by this user */
};
/* Puts one in its place. DOCUMENT_VALUE: kind or value is not of the form; DOCUMENT_DUPLICATE_KEY where both are there
 * already, DOCUMENT_LIMIT. */
RESULT hardware_sources_add(struct hardware_sources *sources, const char *kind, const char *value);
bool hardware_sources_have(const struct hardware_sources *sources, const char *kind, const char *value);

/* Whether `value` tells nothing apart as a source of `kind`: it has no letter or digit, is all zeros or all ones or one
 * character again and again, or is known to repeat (known_values.c). Capitals, blanks and punctuation make no
 * difference, nor does the locale. */
bool value_is_known_to_repeat(const char *kind, const char *value);
/* Where such values were seen, in words to be translated; NULL: it is not known to repeat. */
const char *value_repeats_at(const char *kind, const char *value);

/* What a source that is seen counts for. */
enum source_use {
    SOURCE_USED,
    SOURCE_UNREADABLE, /* by this user */
    SOURCE_EMPTY,      /* nothing stands there, or more than a serial number can be */
    SOURCE_REPEATS,
    SOURCE_PLUGGED,  /* hangs on USB or Thunderbolt, or is made to be pulled out: tomorrow it is another machine's */
    SOURCE_SHARED,   /* a disk across a network, which several machines see */
    SOURCE_VIRTUAL,  /* software alone */
    SOURCE_ASSIGNED, /* an address that software gave, and not the maker of the card */
    SOURCE_SURPLUS,  /* others of its kind suffice */
    SOURCE_DISPLACED /* by an identity that was handed in */
};
struct source_seen {
    const char *kind;
    const char *place; /* a file, or the name of a device */
    const char *value; /* "": none */
    enum source_use use;
};
typedef void source_watcher(void *context, const struct source_seen *seen);

/* As many of a kind are taken: a machine that loses one of its disks or cards is told by the others. */
enum { DISKS_TAKEN = 3, CARDS_TAKEN = 2 };

/* A source_watcher whose context is hardware_sources: takes what is to be used, of disks and cards the smallest values
 * by their bytes, so that the order in which they are found makes no difference, and of the others one. */
void hardware_sources_take(void *context, const struct source_seen *seen);

#endif
