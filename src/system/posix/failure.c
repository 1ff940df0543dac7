/* What the operating system said of a file; see failure.h. */
#include "failure.h"

#include "system/files.h"

#include <errno.h>
#include <string.h>

static RESULT say_system(struct reason *reason, struct result why, const char *path, int number)
{
    char text[128];
    const char *const words = strerror_r(number, text, sizeof text);
    return reason_say(reason, why, "%.*s: %s", PATH_SIZE, path, words);
}

RESULT failure_reading(const char *path, struct reason *reason)
{
    return say_system(reason, errno == ENOMEM ? FAIL(NO_MEMORY) : FAIL(FILE_READ), path, errno);
}

RESULT failure_writing(const char *path, struct reason *reason)
{
    return say_system(reason, FAIL(FILE_WRITE), path, errno);
}
