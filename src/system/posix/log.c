/*
 * The host's log; see log.h.
 *
 * Always: a line is printable UTF-8 and ends in the only newline it has; a text is cut at LOG_VALUE_MAX bytes, so that
 * no stranger fills the disk with one request.
 */
#include "system/log.h"

#include "json/writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    LOG_VALUE_MAX = 1024,
    LOG_LINES_FULL = LOG_LINES_MAX / 2, /* no line is as long as the other half */
};

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};
static const char *const format_names[] = {[LOG_FORMAT_TEXT] = "text", [LOG_FORMAT_JSON] = "json"};

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

const char *log_format_name(enum log_format format)
{
    return format_names[format];
}

bool log_level_read(const char *word, enum log_level *ret_level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(word, level_names[i]) != 0)
            continue;
        *ret_level = (enum log_level)i;
        return true;
    }
    return false;
}

bool log_format_read(const char *word, enum log_format *ret_format)
{
    for (size_t i = 0; i < sizeof format_names / sizeof format_names[0]; i++) {
        if (strcmp(word, format_names[i]) != 0)
            continue;
        *ret_format = (enum log_format)i;
        return true;
    }
    return false;
}

void log_set(struct log *log, enum log_level least, enum log_format format)
{
    __atomic_store_n(&log->least, least, __ATOMIC_RELAXED);
    __atomic_store_n(&log->format, format, __ATOMIC_RELAXED);
}

/* At most LOG_VALUE_MAX bytes of the text, and no half character at its end. */
static struct slice shown(const char *text)
{
    const struct slice whole = slice_of(text);
    size_t size = whole.size < LOG_VALUE_MAX ? whole.size : LOG_VALUE_MAX;
    while (size < whole.size && size > 0 && (whole.data[size] & 0xc0) == 0x80)
        size--;
    return slice_make(whole.data, size);
}

/* key=value */

static void write_escaped(struct buffer *line, struct slice bytes)
{
    if (bytes.data[0] == '\n' || bytes.data[0] == '\r' || bytes.data[0] == '\t') {
        buffer_append_byte(line, '\\');
        buffer_append_byte(line, bytes.data[0] == '\n' ? 'n' : bytes.data[0] == '\r' ? 'r' : 't');
        return;
    }
    for (size_t i = 0; i < bytes.size; i++)
        buffer_printf(line, "\\x%02x", (unsigned)bytes.data[i]);
}

static void write_quoted(struct buffer *line, struct slice text)
{
    buffer_append_byte(line, '"');
    while (text.size > 0) {
        const size_t length = utf8_length(text);
        const struct slice first = slice_make(text.data, length == 0 ? 1 : length);
        if (length == 0 || utf8_is_control(first)) {
            write_escaped(line, first);
        } else {
            if (text.data[0] == '"' || text.data[0] == '\\')
                buffer_append_byte(line, '\\');
            buffer_append_slice(line, first);
        }
        text = slice_make(text.data + first.size, text.size - first.size);
    }
    buffer_append_byte(line, '"');
}

static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] >= 0x7f || strchr("\"\\=", text.data[i]) != NULL)
            return false;
    return text.size > 0;
}

static void write_pairs(struct buffer *line, const char *time, enum log_level level, const char *event,
                        const struct log_field *fields)
{
    buffer_printf(line, "time=%s level=%s event=%s", time, log_level_name(level), event);
    for (const struct log_field *field = fields; field->key != NULL; field++) {
        buffer_append_byte(line, ' ');
        buffer_append_text(line, field->key);
        buffer_append_byte(line, '=');
        if (field->text == NULL)
            buffer_append_signed(line, field->number);
        else if (is_plain(shown(field->text)))
            buffer_append_slice(line, shown(field->text));
        else
            write_quoted(line, shown(field->text));
    }
}

/* JSON */

static void write_object(struct buffer *line, const char *time, enum log_level level, const char *event,
                         const struct log_field *fields)
{
    struct json_writer json = json_writer_make(line, JSON_TIGHT, JSON_STRAY_REPLACED);
    json_open_object(&json, NULL);
    json_text(&json, "time", time);
    json_text(&json, "level", log_level_name(level));
    json_text(&json, "event", event);
    for (const struct log_field *field = fields; field->key != NULL; field++) {
        if (field->text == NULL)
            json_signed(&json, field->key, field->number);
        else
            json_slice(&json, field->key, shown(field->text));
    }
    json_close_object(&json);
}

static void write_line(const struct log *log, struct buffer *out, enum log_level level, const char *event,
                       const struct log_field *fields)
{
    char time[TIME_TEXT_SIZE];
    time_write(log->now(), time);
    if (__atomic_load_n(&log->format, __ATOMIC_RELAXED) == LOG_FORMAT_JSON)
        write_object(out, time, level, event, fields);
    else
        write_pairs(out, time, level, event, fields);
    buffer_append_byte(out, '\n');
}

bool log_wants(const struct log *log, enum log_level level)
{
    return level >= __atomic_load_n(&log->least, __ATOMIC_RELAXED);
}

void log_add(const struct log *log, struct buffer *lines, enum log_level level, const char *event,
             const struct log_field *fields)
{
    if (!log_wants(log, level))
        return;
    if (lines->size >= LOG_LINES_FULL)
        log_flush(log, lines);
    write_line(log, lines, level, event, fields);
}

static void put_in_queue(const struct log *log, struct slice text)
{
    const uint64_t dropped = log_queue_put(log->queue, text);
    if (dropped == 0)
        return;
    CLEANUP_BUFFER struct buffer line = buffer_make(LOG_LINES_MAX);
    write_line(log, &line, LOG_WARNING, "log-dropped", LOG_FIELDS(NUMBER_FIELD("lines", dropped)));
    (void)log_queue_put(log->queue, buffer_slice(&line));
}

static void write_out(const struct log *log, struct slice text)
{
    while (text.size > 0) {
        const ssize_t put = write(log->descriptor, text.data, text.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        text = slice_make(text.data + put, text.size - (size_t)put);
    }
}

/* A buffer without memory has nothing to say, and there is nowhere to say that. */
void log_flush(const struct log *log, struct buffer *lines)
{
    const struct slice text = is_ok(buffer_status(lines)) ? buffer_slice(lines) : slice_make(NULL, 0);
    if (log->queue != NULL)
        put_in_queue(log, text);
    else
        write_out(log, text);
    buffer_clear(lines);
}

void log_write(const struct log *log, enum log_level level, const char *event, const struct log_field *fields)
{
    if (!log_wants(log, level))
        return;
    CLEANUP_BUFFER struct buffer line = buffer_make(LOG_LINES_MAX);
    write_line(log, &line, level, event, fields);
    log_flush(log, &line);
}
