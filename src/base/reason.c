/* The words behind a failure; see reason.h. */
#include "base/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Writes at `length` and never beyond the array. */
__attribute__((format(printf, 3, 0))) static void write_at(struct reason *reason, size_t length, const char *format,
                                                           va_list arguments)
{
    if (length < sizeof reason->text)
        (void)vsnprintf(reason->text + length, sizeof reason->text - length, format, arguments);
}

RESULT reason_say(struct reason *reason, struct result why, const char *format, ...)
{
    if (reason != NULL) {
        va_list arguments;
        va_start(arguments, format);
        write_at(reason, 0, format, arguments);
        va_end(arguments);
    }
    return why;
}

RESULT reason_within(struct reason *reason, struct result why, const char *format, ...)
{
    if (reason != NULL && reason->text[0] != 0) {
        const struct reason inner = *reason;
        va_list arguments;
        va_start(arguments, format);
        write_at(reason, 0, format, arguments);
        va_end(arguments);
        reason_add(reason, "%s", inner.text);
    }
    return why;
}

void reason_add(struct reason *reason, const char *format, ...)
{
    if (reason == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    write_at(reason, strlen(reason->text), format, arguments);
    va_end(arguments);
}

const char *reason_text(const struct reason *reason)
{
    return reason == NULL ? "" : reason->text;
}

const char *reason_or_null(const struct reason *reason)
{
    return reason == NULL || reason->text[0] == 0 ? NULL : reason->text;
}
