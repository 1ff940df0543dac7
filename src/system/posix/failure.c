/* What the operating system said of a file; see failure.h. */
#include "failure.h"

#include "system/files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = PATH_SIZE + 256 };

static _Thread_local char last_message[MESSAGE_SIZE];

const char *file_last_message(void)
{
    return last_message;
}

RESULT failure_say(struct reason *reason, struct result why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(last_message, sizeof last_message, format, arguments);
    va_end(arguments);
    return reason_say(reason, why, "%s", last_message);
}

static RESULT say_system(struct reason *reason, struct result why, const char *path, int number)
{
    char text[128];
    const char *const words = strerror_r(number, text, sizeof text);
    return failure_say(reason, why, "%.*s: %s", PATH_SIZE, path, words);
}

RESULT failure_reading(const char *path, struct reason *reason)
{
    return say_system(reason, errno == ENOMEM ? FAIL(NO_MEMORY) : FAIL(FILE_READ), path, errno);
}

RESULT failure_writing(const char *path, struct reason *reason)
{
    return say_system(reason, FAIL(FILE_WRITE), path, errno);
}
