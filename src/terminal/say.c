/* Messages, durations, counts and progress; see say.h. */
#include "terminal/say.h"

#include "base/sentences.h"
#include "failure.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_SIZE = FAILURE_MESSAGE_SIZE, /* of one message; longer ones are cut */
    FIELD_WIDTH = 20,                 /* of the key and colon of a say_field */
    PROGRESS_AFTER = 1000,            /* milliseconds before progress is worth a line */
    PROGRESS_EVERY = 100,
};

/* "PROGRAM: text" on standard error; kept for those who read JSON. */
static void say_error(const char *program, const char *name, const char *text)
{
    failure_flush_output();
    fprintf(stderr, "%s%s:%s ", tone_begin(TONE_BAD, STDERR_FILENO), program, tone_end(TONE_BAD, STDERR_FILENO));
    text_print(stderr, text);
    fputc('\n', stderr);
    failure_keep(name, text);
}

int say_failure_at(const char *program, const char *what, struct result why, const char *place_word, const char *detail)
{
    const struct error_info *info = error_info(result_code(why));
    CLEANUP_BUFFER struct buffer text = buffer_make(LINE_SIZE);
    if (what != NULL)
        buffer_printf(&text, "%s: ", what);
    if (result_place(why) != 0)
        buffer_printf(&text, "%s %u: ", place_word, result_place(why));
    buffer_printf(&text, "%s (%s)", _(info->sentence), info->name);
    if (detail != NULL && *detail != 0)
        buffer_printf(&text, ": %s", detail);
    say_error(program, info->name, is_ok(buffer_status(&text)) ? buffer_text(&text) : _(info->sentence));
    return info->exit_status;
}

int say_failure(const char *program, const char *what, struct result why, const char *detail)
{
    return say_failure_at(program, what, why, _("line"), detail);
}

int say_usage(const char *program, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say_error(program, error_info(ERR_USAGE)->name, text);
    return EXIT_USAGE;
}

void say_answer(const char *message)
{
    failure_reword(message);
}

void say_hint(const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    failure_flush_output();
    text_print(stderr, text);
    fputc('\n', stderr);
}

void say_mended(const char *file)
{
    say_hint(_("%s was changed on its way, as mail and editors do; what was signed was found in it as it was."), file);
}

/* A line at a time, since a newline is a control character too; it is cut off in place. */
static void print_lines(char *text)
{
    char *newline;
    while ((newline = strchr(text, '\n')) != NULL) {
        *newline = 0;
        text_print(stdout, text);
        fputc('\n', stdout);
        text = newline + 1;
    }
    text_print(stdout, text);
}

void say_text_of(const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        return; /* no memory, and nobody else to say so to */
    print_lines(text);
    free(text);
}

void say_text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_text_of(format, arguments);
    va_end(arguments);
}

void say_line(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    const int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return; /* as say_text_of */
    text_print(stdout, text);
    fputc('\n', stdout);
    free(text);
}

void say_field(const char *key, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const size_t width = text_width(key) + 1;
    text_print(stdout, key);
    fputc(':', stdout);
    text_spaces(stdout, width < FIELD_WIDTH ? FIELD_WIDTH - width : 1);
    text_print(stdout, text);
    fputc('\n', stdout);
}

void span_write(seconds duration, char text[static SPAN_TEXT_SIZE])
{
    static const struct {
        seconds size;
        const char *one;
        const char *many;
    } units[] = {{DAY, N_("day"), N_("days")},
                 {HOUR, N_("hour"), N_("hours")},
                 {MINUTE, N_("minute"), N_("minutes")},
                 {1, N_("second"), N_("seconds")}};
    enum { UNITS = sizeof units / sizeof units[0] };
    const seconds whole = duration > 0 ? duration : 0;
    size_t first = 0;
    while (first + 1 < UNITS && whole < units[first].size)
        first++;
    const seconds count = whole / units[first].size;
    const int length = snprintf(text, SPAN_TEXT_SIZE, "%" PRId64 " %s", count,
                                count == 1 ? _(units[first].one) : _(units[first].many));
    if (first + 1 == UNITS || length < 0)
        return;
    const seconds rest = whole % units[first].size / units[first + 1].size;
    if (rest > 0)
        snprintf(text + length, SPAN_TEXT_SIZE - (size_t)length, " %" PRId64 " %s", rest,
                 rest == 1 ? _(units[first + 1].one) : _(units[first + 1].many));
}

void plural_write(uint64_t count, const char *one, const char *many, struct buffer *out)
{
    buffer_append_decimal(out, count);
    buffer_append_byte(out, ' ');
    buffer_append_text(out, count == 1 ? one : many);
}

/* "1,234,567" */
enum { GROUPED_SIZE = 32 };
static void grouped_write(uint64_t value, char text[static GROUPED_SIZE])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t size = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[size++] = ',';
        text[size++] = digits[i];
    }
    text[size] = 0;
}

void progress_show(struct progress *progress, uint64_t done, int64_t now_ms)
{
    if (now_ms - progress->began_ms < PROGRESS_AFTER || !isatty(STDERR_FILENO))
        return;
    if (progress->shown_ms != 0 && now_ms - progress->shown_ms < PROGRESS_EVERY)
        return;
    progress->shown_ms = now_ms;
    char done_text[GROUPED_SIZE];
    char total_text[GROUPED_SIZE];
    grouped_write(done, done_text);
    grouped_write(progress->total, total_text);
    fputc('\r', stderr);
    fprintf(stderr, _("%s %s of %s"), progress->what, done_text, total_text);
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown_ms == 0)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->shown_ms = 0;
}
