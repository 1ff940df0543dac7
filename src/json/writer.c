/* Writing JSON; see writer.h. */
#include "json/writer.h"

#include <assert.h>

struct json_writer json_writer_make(struct buffer *out, enum json_layout layout, enum json_stray stray)
{
    return (struct json_writer){.out = out, .layout = layout, .stray = stray, .empty = true};
}

RESULT json_status(const struct json_writer *writer)
{
    ENSURE(!writer->refused, TEXT_NOT_UTF8);
    return buffer_status(writer->out);
}

/* Texts */

static void write_escaped(struct buffer *out, unsigned character)
{
    switch (character) {
    case '\n':
        buffer_append_text(out, "\\n");
        break;
    case '\r':
        buffer_append_text(out, "\\r");
        break;
    case '\t':
        buffer_append_text(out, "\\t");
        break;
    default:
        if (character > 0xffff) { /* as a pair of surrogates */
            buffer_printf(out, "\\u%04x", 0xd800 + ((character - 0x10000) >> 10));
            character = 0xdc00 + (character & 0x3ff);
        }
        buffer_printf(out, "\\u%04x", character);
    }
}

static void write_stray(struct json_writer *writer, uint8_t byte)
{
    if (writer->stray == JSON_STRAY_REFUSED)
        writer->refused = true;
    else
        write_escaped(writer->out, writer->stray == JSON_STRAY_REPLACED ? 0xfffd : byte);
}

static bool needs_care(struct slice text, size_t length)
{
    return length == 0 || text.data[0] == '"' || text.data[0] == '\\' || utf8_is_control(slice_make(text.data, length));
}

/* How many bytes stand before the first that needs care. */
static size_t plain_length(struct slice text)
{
    size_t size = 0;
    while (size < text.size) {
        const struct slice rest = slice_make(text.data + size, text.size - size);
        const size_t length = utf8_length(rest);
        if (needs_care(rest, length))
            break;
        size += length;
    }
    return size;
}

/* Writes the character or stray byte that the text begins with, which needs care, and returns its size. */
static size_t write_with_care(struct json_writer *writer, struct slice text)
{
    const size_t length = utf8_length(text);
    if (length == 0) {
        write_stray(writer, text.data[0]);
        return 1;
    }
    if (text.data[0] == '"' || text.data[0] == '\\') {
        buffer_append_byte(writer->out, '\\');
        buffer_append_byte(writer->out, text.data[0]);
    } else {
        write_escaped(writer->out, utf8_code_point(slice_make(text.data, length)));
    }
    return length;
}

static void write_quoted(struct json_writer *writer, struct slice text)
{
    buffer_append_byte(writer->out, '"');
    while (text.size > 0) {
        size_t size = plain_length(text);
        buffer_append(writer->out, text.data, size);
        if (size < text.size)
            size += write_with_care(writer, slice_make(text.data + size, text.size - size));
        text = slice_make(text.data + size, text.size - size);
    }
    buffer_append_byte(writer->out, '"');
}

/* Structure */

/* What stands before a value: what parts it from the one before, and its key. */
static void begin_value(struct json_writer *writer, const char *key)
{
    if (!writer->empty)
        buffer_append_text(writer->out, writer->layout == JSON_SPACED ? ", " : ",");
    writer->empty = false;
    if (key == NULL)
        return;
    write_quoted(writer, slice_of(key));
    buffer_append_text(writer->out, writer->layout == JSON_TIGHT ? ":" : ": ");
}

static void open_bracket(struct json_writer *writer, const char *key, uint8_t bracket)
{
    begin_value(writer, key);
    buffer_append_byte(writer->out, bracket);
    writer->depth++;
    writer->empty = true;
}

static void close_bracket(struct json_writer *writer, uint8_t bracket)
{
    assert(writer->depth > 0);
    writer->depth--;
    buffer_append_byte(writer->out, bracket);
    writer->empty = false;
}

void json_open_object(struct json_writer *writer, const char *key)
{
    open_bracket(writer, key, '{');
}

void json_close_object(struct json_writer *writer)
{
    close_bracket(writer, '}');
}

void json_open_list(struct json_writer *writer, const char *key)
{
    open_bracket(writer, key, '[');
}

void json_close_list(struct json_writer *writer)
{
    close_bracket(writer, ']');
}

/* Values */

void json_slice(struct json_writer *writer, const char *key, struct slice text)
{
    begin_value(writer, key);
    write_quoted(writer, text);
}

void json_text(struct json_writer *writer, const char *key, const char *text)
{
    json_slice(writer, key, slice_of(text));
}

void json_number(struct json_writer *writer, const char *key, uint64_t number)
{
    begin_value(writer, key);
    buffer_append_decimal(writer->out, number);
}

void json_signed(struct json_writer *writer, const char *key, int64_t number)
{
    begin_value(writer, key);
    buffer_append_signed(writer->out, number);
}

void json_switch(struct json_writer *writer, const char *key, bool on)
{
    begin_value(writer, key);
    buffer_append_text(writer->out, on ? "true" : "false");
}

void json_nothing(struct json_writer *writer, const char *key)
{
    begin_value(writer, key);
    buffer_append_text(writer->out, "null");
}
