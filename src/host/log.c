/*
 * The host's log; see log.h.
 *
 * Always: a line is printable UTF-8 and ends in the only newline it has; a text is cut at LOG_VALUE_MAX bytes, so that
 * no stranger fills the disk with one request.
 */
#include "host/log.h"

#include "base/buffer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
    LOG_LINE_MAX = 64 * 1024,
    LOG_VALUE_MAX = 1024,
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
    if (json)
        buffer_printf(line, ",\"%s\":", key);
    else
        buffer_printf(line, " %s=", key);
}

void log_write(const struct log *log, enum log_level level, const char *event, const struct log_field *fields)
{
    if (level < __atomic_load_n(&log->least, __ATOMIC_RELAXED))
        return;
    const bool json = __atomic_load_n(&log->format, __ATOMIC_RELAXED) == LOG_FORMAT_JSON;
    char time[TIME_TEXT_SIZE];
    time_write(log->now(), time);

    CLEANUP_BUFFER struct buffer line = buffer_make(LOG_LINE_MAX);
    buffer_printf(&line, json ? "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"" : "time=%s level=%s event=%s",
                  time, log_level_name(level), event);
    for (const struct log_field *field = fields; field->key != NULL; field++) {
        write_key(&line, field->key, json);
        if (field->text == NULL)
            buffer_printf(&line, "%" PRId64, field->number);
        else
            write_text(&line, field->text, json);
    }
    buffer_append_text(&line, json ? "}\n" : "\n");
    if (!is_ok(buffer_status(&line)))
        return; /* no memory: there is nowhere to say so */
    const struct slice text = buffer_slice(&line);
    while (write(log->descriptor, text.data, text.size) < 0 && errno == EINTR)
        continue;
}
