/*
 * Temporary folders and files of tests: below the folder that TMPDIR names, or /tmp where that is not set.
 *
 * Their paths are those that the system itself shows, without a symbolic link in them. What cannot be made or removed
 * is said on stderr too.
 */
#ifndef TESTS_SUPPORT_TEMPORARY_H
#define TESTS_SUPPORT_TEMPORARY_H

#include <stdbool.h>

/* Of a path. No longer one is made: with what tests put behind it, it must fit into the 512 bytes that SQLite takes for
 * a path and libaval has for a message. */
enum { TEMPORARY_SIZE = 192 };

/* Makes an empty folder aval-NAME-XXXXXX. Returns whether there is one. */
bool temporary_folder(char ret_path[static TEMPORARY_SIZE], const char *name);
/* Makes an empty file of such a name. Returns its descriptor, which is yours to close, or -1. */
int temporary_file(char ret_path[static TEMPORARY_SIZE], const char *name);
/* Removes a folder with all that is in it, and follows no link. Returns whether all of it is gone. */
bool temporary_remove(const char *folder);

#endif
