/*
 * The host's log; see log.h.
 *
 * Always: a line is printable UTF-8 and ends in the only newline it has; a text is cut at LOG_VALUE_MAX bytes, so that
 * no stranger fills the disk with one request.
 */
#include "system/log.h"

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

/* Length of the UTF-8 character that the text begins with; 0 where it begins with none. */
static size_t character_length(struct slice text)
{
    const size_t most = text.size < 4 ? text.size : 4;
    for (size_t length = 1; length <= most; length++)
        if (utf8_valid(slice_make(text.data, length)))
            return length;
    return 0;
}

/* Characters that move the cursor or begin a control sequence: U+0000 to U+001F, and U+007F to U+009F. */
static bool is_control(const uint8_t *character, size_t length)
{
    if (length == 1)
        return character[0] < 0x20 || character[0] == 0x7f;
    return length == 2 && character[0] == 0xc2 && character[1] < 0xa0;
}

static void write_escaped(struct buffer *line, const uint8_t *character, size_t length, bool json)
{
    if (character[0] == '\n' || character[0] == '\r' || character[0] == '\t') {
        buffer_append_byte(line, '\\');
        buffer_append_byte(line, character[0] == '\n' ? 'n' : character[0] == '\r' ? 'r' : 't');
    } else if (json) {
        buffer_printf(line, "\\u%04x", (unsigned)character[length - 1]); /* U+0080 to U+009F end in their own number */
    } else {
        for (size_t i = 0; i < length; i++)
            buffer_printf(line, "\\x%02x", (unsigned)character[i]);
    }
}

static void write_quoted(struct buffer *line, struct slice text, bool json)
{
    buffer_append_byte(line, '"');
    while (text.size > 0) {
        const size_t length = character_length(text);
        if (length == 0) {
            if (json)
                buffer_append_text(line, "\\ufffd");
            else
                buffer_printf(line, "\\x%02x", (unsigned)text.data[0]);
        } else if (is_control(text.data, length)) {
            write_escaped(line, text.data, length, json);
        } else {
            if (text.data[0] == '"' || text.data[0] == '\\')
                buffer_append_byte(line, '\\');
            buffer_append(line, text.data, length);
        }
        const size_t step = length == 0 ? 1 : length;
        text = slice_make(text.data + step, text.size - step);
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

static void write_text(struct buffer *line, const char *text, bool json)
{
    const struct slice whole = slice_of(text);
    struct slice shown = slice_make(whole.data, whole.size < LOG_VALUE_MAX ? whole.size : LOG_VALUE_MAX);
    while (shown.size < whole.size && shown.size > 0 && (whole.data[shown.size] & 0xc0) == 0x80)
        shown.size--; /* not within a character */
    if (!json && is_plain(shown))
        buffer_append_slice(line, shown);
    else
        write_quoted(line, shown, json);
}

static void write_key(struct buffer *line, const char *key, bool json)
{
    buffer_append_text(line, json ? ",\"" : " ");
    buffer_append_text(line, key);
    buffer_append_text(line, json ? "\":" : "=");
}

static void write_number(struct buffer *line, int64_t number)
{
    if (number < 0)
        buffer_append_byte(line, '-');
    buffer_append_decimal(line, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void write_head(struct buffer *line, seconds now, enum log_level level, const char *event, bool json)
{
    char time[TIME_TEXT_SIZE];
    time_write(now, time);
    buffer_append_text(line, json ? "{\"time\":\"" : "time=");
    buffer_append_text(line, time);
    buffer_append_text(line, json ? "\",\"level\":\"" : " level=");
    buffer_append_text(line, log_level_name(level));
    buffer_append_text(line, json ? "\",\"event\":\"" : " event=");
    buffer_append_text(line, event);
    if (json)
        buffer_append_byte(line, '"');
}

static void write_line(const struct log *log, struct buffer *out, enum log_level level, const char *event,
                       const struct log_field *fields)
{
    const bool json = __atomic_load_n(&log->format, __ATOMIC_RELAXED) == LOG_FORMAT_JSON;
    write_head(out, log->now(), level, event, json);
    for (const struct log_field *field = fields; field->key != NULL; field++) {
        write_key(out, field->key, json);
        if (field->text == NULL)
            write_number(out, field->number);
        else
            write_text(out, field->text, json);
    }
    buffer_append_text(out, json ? "}\n" : "\n");
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

/* A buffer without memory has nothing to say, and there is nowhere to say that. */
void log_flush(const struct log *log, struct buffer *lines)
{
    struct slice text = is_ok(buffer_status(lines)) ? buffer_slice(lines) : slice_make(NULL, 0);
    while (text.size > 0) {
        const ssize_t put = write(log->descriptor, text.data, text.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        text = slice_make(text.data + put, text.size - (size_t)put);
    }
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
