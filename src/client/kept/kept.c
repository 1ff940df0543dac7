/* Disk or memory; see kept.h. */
#include "kept.h"

#include "memory.h"

#include <string.h>

enum { MEMORY_LOCK = -2 }; /* in the place of a file's descriptor */

bool kept_is_memory(const char *path)
{
    return strncmp(path, KEPT_MEMORY, strlen(KEPT_MEMORY)) == 0;
}

RESULT kept_read(const char *path, struct buffer *out, struct reason *reason)
{
    return kept_is_memory(path) ? memory_read(path, out) : file_read_kept(path, out, reason);
}

RESULT kept_write(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    return kept_is_memory(path) ? memory_write(path, content) : file_write_kept(path, content, mode, reason);
}

RESULT kept_create(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    if (!kept_is_memory(path))
        return file_create(path, content, mode, reason);
    return memory_exists(path) ? FAIL(FILE_EXISTS) : memory_write(path, content);
}

RESULT kept_remove(const char *path, struct reason *reason)
{
    if (!kept_is_memory(path))
        return file_remove(path, reason);
    memory_remove(path);
    return RESULT_OK;
}

bool kept_exists(const char *path)
{
    return kept_is_memory(path) ? memory_exists(path) : file_exists(path);
}

RESULT kept_make(const char *path, unsigned mode, struct reason *reason)
{
    return kept_is_memory(path) ? RESULT_OK : folder_make(path, mode, reason); /* a folder is what begins a path */
}

RESULT kept_list(const char *path, RESULT (*each)(void *context, const char *name), void *context,
                 struct reason *reason)
{
    return kept_is_memory(path) ? memory_list(path, each, context) : folder_list(path, each, context, reason);
}

RESULT kept_lock(const char *path, unsigned wait_milliseconds, struct file_hold *ret_lock, struct reason *reason)
{
    if (!kept_is_memory(path))
        return file_hold(path, wait_milliseconds, ret_lock, reason);
    TRY(memory_lock(wait_milliseconds));
    ret_lock->descriptor = MEMORY_LOCK;
    return RESULT_OK;
}

void kept_unlock(const struct file_hold *lock)
{
    if (lock->descriptor == MEMORY_LOCK)
        memory_unlock();
    else
        file_let_go(lock);
}
