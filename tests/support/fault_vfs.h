/*
 * SQLite's files with faults in them: calls that fail from the nth on, as on a full disk or one with bad places, or a
 * medium that cannot be written at all.
 *
 * One for the process; not thread-safe. Files opened before a fault is set have it too.
 */
#ifndef TESTS_SUPPORT_FAULT_VFS_H
#define TESTS_SUPPORT_FAULT_VFS_H

#include "store/sqlite.h"

#include <stdbool.h>

/* Its name, for store_sqlite_options; registered by the first call. */
const char *fault_vfs(void);

enum fault {
    FAULT_NONE,
    FAULT_WRITE, /* "disk full" */
    FAULT_SYNC,  /* "input/output error" */
    FAULT_READ,  /* the same */
    FAULT_SIZE   /* the same, where it is asked how long a file is */
};
/* The first `after` calls of that kind succeed, all further ones fail. */
void fault_set(enum fault fault, unsigned after);
/* Whether a call failed since. */
bool fault_happened(void);
/* Files opened from now on can be read only. */
void fault_read_only(bool read_only);

#endif
