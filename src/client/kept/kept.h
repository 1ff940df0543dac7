/*
 * The files of a state: in a folder of the disk, or in the memory of this process, where the path begins with
 * "memory:".
 *
 * What is in memory is one state for all handles of the process, of which the disk hears nothing and which ends with
 * the process: for containers and the like, whose seats come back by themselves (docs/containers.md). Each function is
 * that of system/files.h by the same name, with the same errors. Thread-safe.
 */
#ifndef CLIENT_KEPT_KEPT_H
#define CLIENT_KEPT_KEPT_H

#include "system/files.h"

#define KEPT_MEMORY "memory:"

bool kept_is_memory(const char *path);

RESULT kept_read(const char *path, struct buffer *out, struct reason *reason);
RESULT kept_write(const char *path, struct slice content, unsigned mode, struct reason *reason);
RESULT kept_create(const char *path, struct slice content, unsigned mode, struct reason *reason);
RESULT kept_remove(const char *path, struct reason *reason);
bool kept_exists(const char *path);
RESULT kept_make(const char *path, unsigned mode, struct reason *reason);
RESULT kept_list(const char *path, RESULT (*each)(void *context, const char *name), void *context,
                 struct reason *reason);
/* A lock for a short while, as file_hold() and file_let_go(). */
RESULT kept_lock(const char *path, unsigned wait_milliseconds, struct file_hold *ret_lock, struct reason *reason);
void kept_unlock(const struct file_hold *lock);

#endif
