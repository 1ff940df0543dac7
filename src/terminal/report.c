/* Lines or JSON; see report.h. */
#include "terminal/report.h"

#include "terminal/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Every license of a large desk. */
enum { JSON_MAX = 256 * 1024 * 1024, LINE_MAX_SIZE = 256 * 1024 };

struct report report_make(bool json)
{
    struct report report = {
        .json = json, .first = true, .out = buffer_make(JSON_MAX), .line = buffer_make(LINE_MAX_SIZE)};
    if (json)
        buffer_append_byte(&report.out, '{');
    return report;
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
    buffer_append_text(&report->out, "}");
    TRY(buffer_status(&report->out));
    (void)puts(buffer_text(&report->out));
    return RESULT_OK;
}

/* What is not UTF-8, as a command line may be, is shown byte by byte as what it would be in Latin-1. */
static void json_text(struct buffer *out, const char *text)
{
    const bool valid = utf8_valid(slice_of(text));
    buffer_append_byte(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        const unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\')
            buffer_printf(out, "\\%c", byte);
        else if (byte < 0x20 || (byte >= 0x7f && !valid))
            buffer_printf(out, "\\u%04x", byte);
        else
            buffer_append_byte(out, byte);
    }
    buffer_append_byte(out, '"');
}

static void json_comma(struct report *report)
{
    if (!report->first)
        buffer_append_text(&report->out, ", ");
    report->first = false;
}

static void json_key(struct report *report, const char *key)
{
    json_comma(report);
    json_text(&report->out, key);
    buffer_append_text(&report->out, ": ");
}

void report_text(struct report *report, const char *key, const char *title, const char *value)
{
    if (!report->json) {
        say_field(title, "%s", value);
        return;
    }
    json_key(report, key);
    json_text(&report->out, value);
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
    if (!report->json) {
        say_field(title, "%llu", (unsigned long long)value);
        return;
    }
    json_key(report, key);
    buffer_append_decimal(&report->out, value);
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

void report_list_begin(struct report *report, const char *key)
{
    buffer_clear(&report->line);
    if (!report->json)
        return;
    json_key(report, key);
    buffer_append_byte(&report->out, '[');
    report->first = true;
}

void report_list_item(struct report *report, const char *value)
{
    if (report->json) {
        json_comma(report);
        json_text(&report->out, value);
        return;
    }
    if (buffer_slice(&report->line).size > 0)
        buffer_append_text(&report->line, ", ");
    buffer_append_text(&report->line, value);
}

void report_list_end(struct report *report, const char *title)
{
    if (report->json) {
        buffer_append_byte(&report->out, ']');
        report->first = false;
        return;
    }
    const bool empty = buffer_slice(&report->line).size == 0;
    say_field(title, "%s", empty ? "none" : buffer_text(&report->line));
}

static void json_open(struct report *report, const char *bracket)
{
    if (!report->json)
        return;
    buffer_append_text(&report->out, bracket);
    report->first = true;
}

static void json_close(struct report *report, const char *bracket)
{
    if (!report->json)
        return;
    buffer_append_text(&report->out, bracket);
    report->first = false;
}

void report_objects_begin(struct report *report, const char *key)
{
    if (report->json)
        json_key(report, key);
    json_open(report, "[");
}

void report_object_begin(struct report *report)
{
    if (report->json)
        json_comma(report);
    json_open(report, "{");
}

void report_object_end(struct report *report)
{
    json_close(report, "}");
}

void report_objects_end(struct report *report)
{
    json_close(report, "]");
}

void report_say(const struct report *report, const char *format, ...)
{
    if (report->json)
        return;
    va_list values;
    va_start(values, format);
    (void)vprintf(format, values);
    va_end(values);
    (void)putchar('\n');
}
