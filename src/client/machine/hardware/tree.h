/* The files in which the operating system tells what a machine consists of, below a root that tests bring. */
#ifndef CLIENT_MACHINE_HARDWARE_TREE_H
#define CLIENT_MACHINE_HARDWARE_TREE_H

#include "machine/hardware/sources.h"

struct tree {
    const char *root; /* "": the system's own */
    source_watcher *each;
    void *context;
};

/* A small file's first line, without space at its ends, in lower case; "" where there is none, or one that does not
 * fit. False where there is one that cannot be read. */
__attribute__((format(printf, 3, 4))) bool tree_line(const struct tree *tree, char ret_line[static SOURCE_VALUE_SIZE],
                                                     const char *format, ...);
__attribute__((format(printf, 2, 3))) bool tree_has(const struct tree *tree, const char *format, ...);
/* Calls `look` with the tree and the name of everything in that folder. */
void tree_each(const struct tree *tree, const char *folder, RESULT (*look)(void *context, const char *name));
/* How the device there is connected, wherever its links lead: SOURCE_PLUGGED, SOURCE_SHARED, or SOURCE_USED where
 * nothing speaks against it. */
__attribute__((format(printf, 2, 3))) enum source_use tree_connection(const struct tree *tree, const char *format, ...);
/* Shows a source. What is to be used has a value that does not repeat. */
void tree_show(const struct tree *tree, const char *kind, const char *place, const char *value, enum source_use use);

#endif
