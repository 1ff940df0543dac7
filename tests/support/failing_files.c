/* Calls about files of which the nth fails; see failing_calls.h. */
#include "failing_calls.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t calls_left;
static int errno_planned;
static bool happened;

void failing_plan(uint64_t nth, int reason)
{
    calls_left = nth;
    errno_planned = reason;
    if (nth > 0)
        happened = false;
}

bool failing_happened(void)
{
    return happened;
}

static bool fails(void)
{
    if (calls_left == 0 || --calls_left > 0)
        return false;
    happened = true;
    errno = errno_planned;
    return true;
}

/* What the linker calls the functions themselves, and those that stand in for them. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
#define WRAP(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters \
    { \
        return fails() ? -1 : __real_##name arguments; \
    }

WRAP(int, fchmod, (int file, mode_t mode), (file, mode))
WRAP(int, chmod, (const char *path, mode_t mode), (path, mode))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, unlink, (const char *path), (path))
WRAP(int, flock, (int file, int operation), (file, operation))
WRAP(ssize_t, read, (int file, void *data, size_t size), (file, data, size))
WRAP(int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))
WRAP(int, renameat2, (int from, const char *old, int to, const char *new, unsigned flags), (from, old, to, new, flags))
WRAP(int, linkat, (int from, const char *old, int to, const char *new, int flags), (from, old, to, new, flags))

/* Callers pass the mode as a further argument, or none; the calling conventions of Linux's machines make no difference
 * between the two for a number, and none is looked at where no file is made. */
WRAP(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(int, openat, (int folder, const char *path, int flags, mode_t mode), (folder, path, flags, mode))

/* One that does not fail does nothing: no power is lost here, and there are thousands of them. */
int __wrap_fsync(int file);
int __wrap_fsync(int file)
{
    (void)file;
    return fails() ? -1 : 0;
}

ssize_t __real_write(int file, const void *data, size_t size);
ssize_t __wrap_write(int file, const void *data, size_t size);
ssize_t __wrap_write(int file, const void *data, size_t size)
{
    if (!fails())
        return __real_write(file, data, size);
    if (__real_write(file, data, size / 2) >= 0)
        errno = errno_planned;
    return -1;
}

int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file)
{
    const int closed = __real_close(file);
    return fails() ? -1 : closed;
}
/* NOLINTEND(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
