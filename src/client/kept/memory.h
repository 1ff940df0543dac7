/*
 * Files in the memory of the process, by their paths: few and small, as one machine's state is.
 *
 * Always: what is in them lies in memory that is not swapped and is wiped when it goes. Thread-safe; one lock for all.
 */
#ifndef CLIENT_KEPT_MEMORY_H
#define CLIENT_KEPT_MEMORY_H

#include "base/buffer.h"

enum {
    MEMORY_FILES_MAX = 1024,
};

/* Appends it. FILE_READ where there is none, FILE_TOO_LARGE where there is no room. */
RESULT memory_read(const char *path, struct buffer *out);
/* Replaces or makes it. NO_MEMORY; FILE_WRITE above MEMORY_FILES_MAX. */
RESULT memory_write(const char *path, struct slice content);
void memory_remove(const char *path);
/* Whether there is a file, or one below it. */
bool memory_exists(const char *path);
/* As folder_list(). NO_MEMORY. */
RESULT memory_list(const char *path, RESULT (*each)(void *context, const char *name), void *context);
/* LOCKED where another thread holds it for longer. */
RESULT memory_lock(unsigned wait_milliseconds);
void memory_unlock(void);

#endif
