/* What the operating system said of a file, for files.c, folders.c and locks.c. Thread-safe. */
#ifndef SYSTEM_POSIX_FAILURE_H
#define SYSTEM_POSIX_FAILURE_H

#include "base/reason.h"

/* FILE_READ, or NO_MEMORY, with "PATH: what errno means" as its reason. */
RESULT failure_reading(const char *path, struct reason *reason);
/* The same with FILE_WRITE. */
RESULT failure_writing(const char *path, struct reason *reason);
/* `why`, with these words as its reason. */
__attribute__((format(printf, 3, 4))) RESULT failure_say(struct reason *reason, struct result why, const char *format,
                                                         ...);

#endif
