/* The failure that was said last; see failure.h. */
#include "failure.h"

#include <stdio.h>
#include <stdio_ext.h>

enum { NAME_MAX_SIZE = 64 };

static struct {
    char name[NAME_MAX_SIZE]; /* "": nothing was said */
    char message[FAILURE_MESSAGE_SIZE];
    bool printed; /* something went to standard output before it was last flushed */
} last;

void failure_keep(const char *name, const char *message)
{
    snprintf(last.name, sizeof last.name, "%s", name);
    snprintf(last.message, sizeof last.message, "%s", message);
}

void failure_reword(const char *message)
{
    snprintf(last.message, sizeof last.message, "%s", message);
}

void failure_flush_output(void)
{
    last.printed = last.printed || __fpending(stdout) > 0;
    fflush(stdout);
}

bool failure_unanswered(const char **ret_name, const char **ret_message)
{
    if (last.printed || __fpending(stdout) > 0 || last.name[0] == 0)
        return false;
    *ret_name = last.name;
    *ret_message = last.message;
    return true;
}
