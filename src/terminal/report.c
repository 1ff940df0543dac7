/* Lines or JSON; see report.h. */
#include "terminal/report.h"

#include "base/sentences.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Every license of a large desk. */
enum { JSON_MAX = 256 * 1024 * 1024, LINE_MAX_SIZE = 256 * 1024 };

static void begin(struct report *report, bool json)
{
    *report = (struct report){.json = json, .out = buffer_make(JSON_MAX), .line = buffer_make(LINE_MAX_SIZE)};
    /* Texts can come from a command line, which need not be UTF-8. */
    report->writer = json_writer_make(&report->out, JSON_SPACED, JSON_STRAY_LATIN);
}

void report_begin(struct report *report, bool json)
{
    begin(report, json);
    report_object_begin(report, NULL);
}

void report_begin_list(struct report *report, bool json)
{
    begin(report, json);
    report_objects_begin(report, NULL);
    report->list = true;
}

void report_free(struct report *report)
{
    buffer_free(&report->out);
    buffer_free(&report->line);
}

RESULT report_finish(struct report *report)
{
    TRY(buffer_status(&report->line));
    if (!report->json)
        return RESULT_OK;
    if (report->list)
        json_close_list(&report->writer);
    else
        json_close_object(&report->writer);
    TRY(json_status(&report->writer));
    (void)puts(buffer_text(&report->out));
    return RESULT_OK;
}

int report_answer(struct report *report, const char *program, int status)
{
    const struct result finished = report_finish(report);
    return is_ok(finished) ? status : say_failure(program, NULL, finished, NULL);
}

void report_text(struct report *report, const char *key, const char *title, const char *value)
{
    if (report->json)
        json_text(&report->writer, key, value);
    else if (title != NULL)
        say_field(title, "%s", value);
}

void report_textf(struct report *report, const char *key, const char *title, const char *format, ...)
{
    char text[1024];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    report_text(report, key, title, text);
}

void report_number(struct report *report, const char *key, const char *title, uint64_t value)
{
    if (report->json)
        json_number(&report->writer, key, value);
    else if (title != NULL)
        say_field(title, "%" PRIu64, value);
}

void report_time(struct report *report, const char *key, const char *title, seconds value)
{
    char text[TIME_TEXT_SIZE];
    time_write(value, text);
    report_text(report, key, title, text);
}

void report_duration(struct report *report, const char *key, const char *title, seconds value)
{
    char text[SPAN_TEXT_SIZE];
    if (report->json)
        duration_write(value, text);
    else
        span_write(value, text);
    report_text(report, key, title, text);
}

void report_slice(struct report *report, const char *key, struct slice value)
{
    if (report->json)
        json_slice(&report->writer, key, value);
}

void report_nothing(struct report *report, const char *key)
{
    if (report->json)
        json_nothing(&report->writer, key);
}

void report_list_begin(struct report *report, const char *key)
{
    buffer_clear(&report->line);
    if (report->json)
        json_open_list(&report->writer, key);
}

void report_list_item(struct report *report, const char *value)
{
    if (report->json) {
        json_text(&report->writer, NULL, value);
        return;
    }
    if (buffer_slice(&report->line).size > 0)
        buffer_append_text(&report->line, ", ");
    buffer_append_text(&report->line, value);
}

void report_list_end(struct report *report, const char *title)
{
    const bool empty = buffer_slice(&report->line).size == 0;
    if (report->json)
        json_close_list(&report->writer);
    else if (title != NULL)
        say_field(title, "%s", empty ? _("none") : buffer_text(&report->line));
}

void report_objects_begin(struct report *report, const char *key)
{
    if (report->json)
        json_open_list(&report->writer, key);
}

void report_objects_end(struct report *report)
{
    if (report->json)
        json_close_list(&report->writer);
}

void report_object_begin(struct report *report, const char *key)
{
    if (report->json)
        json_open_object(&report->writer, key);
}

void report_object_end(struct report *report)
{
    if (report->json)
        json_close_object(&report->writer);
}

void report_say(const struct report *report, const char *format, ...)
{
    if (report->json)
        return;
    va_list values;
    va_start(values, format);
    say_text_of(format, values);
    va_end(values);
    (void)putchar('\n');
}
