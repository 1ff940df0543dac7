/* Locks on files; see files.h. */
#include "base/sentences.h"
#include "failure.h"
#include "system/clock.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_POLL_MS = 10 };

static void pause_for(int64_t milliseconds)
{
    const struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

/* Waits a little before the next try; false where the time is over. */
static bool wait_until(int64_t end)
{
    const int64_t left = end - clock_monotonic_ms();
    if (left <= 0)
        return false;
    pause_for(left < LOCK_POLL_MS ? left : LOCK_POLL_MS);
    return true;
}

static RESULT locked(const char *path, struct reason *reason)
{
    return reason_say(reason, FAIL(LOCKED), _("%.*s: held by another process"), PATH_SIZE, path);
}

/* *ret_supported is false where the file system has no locks. */
static RESULT lock_by_system(const char *path, int lock, int64_t end, bool *ret_supported, struct reason *reason)
{
    *ret_supported = true;
    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            *ret_supported = errno != ENOLCK && errno != ENOSYS && errno != ENOTSUP;
            return failure_writing(path, reason);
        }
        if (!wait_until(end))
            return locked(path, reason);
    }
    return RESULT_OK;
}

static int open_lock(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
}

RESULT file_lock(const char *path, unsigned wait_milliseconds, int *ret_lock, struct reason *reason)
{
    bool supported = true;
    const int lock = open_lock(path);
    if (lock < 0)
        return failure_writing(path, reason);
    const struct result taken =
        lock_by_system(path, lock, clock_monotonic_ms() + wait_milliseconds, &supported, reason);
    if (is_ok(taken))
        *ret_lock = lock;
    else
        close(lock);
    return taken;
}

/* Unlocked by name first: a child that was forked while the lock was held shares it, and closing alone would leave it.
 */
void file_unlock(int lock)
{
    if (lock < 0)
        return;
    flock(lock, LOCK_UN);
    close(lock);
}

/* ---- where the file system has none ---- */

/* Whether the file was made so long ago that whoever made it is there no more, by the clock that stamps files: of the
 * lock's own file, which is touched for it. */
static bool is_left(int lock, const char *path)
{
    struct stat now;
    struct stat then;
    if (futimens(lock, NULL) != 0 || fstat(lock, &now) != 0 || stat(path, &then) != 0)
        return false;
    const time_t age = now.st_mtime - then.st_mtime;
    return age > FILE_HOLD_SECONDS || age < -FILE_HOLD_SECONDS;
}

/* A file that there was not before; -1. */
static int make_new(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Only one at a time takes away what was left, or two that look at once would take away the second's new one. */
static void take_away(int lock, const char *held)
{
    char taking[PATH_SIZE];
    if (snprintf(taking, sizeof taking, "%s-taken", held) >= PATH_SIZE)
        return;
    const int mine = make_new(taking);
    if (mine < 0) {
        if (errno == EEXIST && is_left(lock, taking))
            unlink(taking);
        return;
    }
    if (is_left(lock, held))
        unlink(held);
    close(mine);
    unlink(taking);
}

static RESULT hold_by_file(const char *path, int lock, int64_t end, struct file_hold *ret_hold, struct reason *reason)
{
    struct file_hold hold = FILE_HOLD_NONE;
    if (snprintf(hold.held, sizeof hold.held, "%s.held", path) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return failure_writing(path, reason);
    }
    while ((hold.descriptor = make_new(hold.held)) < 0) {
        if (errno != EEXIST)
            return failure_writing(hold.held, reason);
        if (is_left(lock, hold.held))
            take_away(lock, hold.held);
        else if (!wait_until(end))
            return reason_say(reason, FAIL(LOCKED),
                              _("%.*s: held by another process, or left by one that was ended for %d seconds at most"),
                              PATH_SIZE, hold.held, FILE_HOLD_SECONDS);
    }
    *ret_hold = hold;
    return RESULT_OK;
}

RESULT file_hold(const char *path, unsigned wait_milliseconds, struct file_hold *ret_hold, struct reason *reason)
{
    const int64_t end = clock_monotonic_ms() + wait_milliseconds;
    bool supported = true;
    const int lock = open_lock(path);
    if (lock < 0)
        return failure_writing(path, reason);
    struct result taken = lock_by_system(path, lock, end, &supported, supported ? reason : NULL);
    if (is_ok(taken)) {
        *ret_hold = (struct file_hold){.descriptor = lock};
        return RESULT_OK;
    }
    if (!supported)
        taken = hold_by_file(path, lock, end, ret_hold, reason);
    close(lock);
    return taken;
}

/* What was taken over meanwhile is another's. */
static void remove_own(const struct file_hold *hold)
{
    struct stat mine;
    struct stat there;
    if (fstat(hold->descriptor, &mine) == 0 && stat(hold->held, &there) == 0 && mine.st_ino == there.st_ino &&
        mine.st_dev == there.st_dev)
        unlink(hold->held);
    close(hold->descriptor);
}

void file_let_go(const struct file_hold *hold)
{
    if (hold->descriptor >= 0 && hold->held[0] != 0)
        remove_own(hold);
    else
        file_unlock(hold->descriptor);
}
