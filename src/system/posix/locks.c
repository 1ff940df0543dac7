/* Locks on files; see files.h. */
#include "base/sentences.h"
#include "failure.h"
#include "system/clock.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_POLL_MS = 10 };

static void pause_for(int64_t milliseconds)
{
    const struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

RESULT file_lock(const char *path, unsigned wait_milliseconds, int *ret_lock, struct reason *reason)
{
    const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (lock < 0)
        return failure_writing(path, reason);
    const int64_t end = clock_monotonic_ms() + wait_milliseconds;
    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            const struct result failure = failure_writing(path, reason);
            close(lock);
            return failure;
        }
        const int64_t left = end - clock_monotonic_ms();
        if (left <= 0) {
            close(lock);
            return reason_say(reason, FAIL(LOCKED), _("%.*s: held by another process"), PATH_SIZE, path);
        }
        pause_for(left < LOCK_POLL_MS ? left : LOCK_POLL_MS);
    }
    *ret_lock = lock;
    return RESULT_OK;
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
