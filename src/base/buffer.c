/* The growing buffer; see buffer.h. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer buffer_make(size_t limit)
{
    return (struct buffer){.limit = limit};
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = buffer_make(buffer->limit);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->state = RESULT_OK;
}

/* Makes room for `more` bytes and a final zero; false, with the error set, where there is none. */
static bool reserve(struct buffer *buffer, size_t more)
{
    if (!is_ok(buffer->state))
        return false;
    if (more > buffer->limit - buffer->size) {
        buffer->state = FAIL(TEXT_TOO_LONG);
        return false;
    }
    const size_t needed = buffer->size + more + 1;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity * 2;
    if (capacity < needed)
        capacity = needed;
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->state = FAIL(NO_MEMORY);
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (!reserve(buffer, size) || size == 0)
        return;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void buffer_append_slice(struct buffer *buffer, struct slice slice)
{
    buffer_append(buffer, slice.data, slice.size);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_append(buffer, &byte, 1);
}

void buffer_append_decimal(struct buffer *buffer, uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_append(buffer, digits + first, sizeof digits - first);
}

void buffer_append_signed(struct buffer *buffer, int64_t value)
{
    if (value < 0)
        buffer_append_byte(buffer, '-');
    buffer_append_decimal(buffer, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void buffer_append_base64(struct buffer *buffer, const void *data, size_t size)
{
    const size_t length = BASE64_LENGTH(size);
    if (!reserve(buffer, length))
        return;
    base64_write(data, size, (char *)buffer->data + buffer->size);
    buffer->size += length;
}

void buffer_append_hex(struct buffer *buffer, const void *data, size_t size)
{
    if (!reserve(buffer, 2 * size))
        return;
    hex_write(data, size, (char *)buffer->data + buffer->size);
    buffer->size += 2 * size;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0 && reserve(buffer, (size_t)length)) {
        vsnprintf((char *)buffer->data + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
}

/* As they are, or as wide as East Asian letters. */
static bool begins_formula(struct slice text)
{
    static const char *const signs[] = {"=",           "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                        "\xef\xbc\xa0"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (slice_starts_with(text, signs[i]))
            return true;
    return false;
}

void buffer_append_csv(struct buffer *buffer, const char *text)
{
    struct slice rest = slice_of(text);
    buffer_append_byte(buffer, '"');
    if (begins_formula(rest))
        buffer_append_byte(buffer, '\'');
    while (rest.size > 0) {
        const size_t length = utf8_length(rest);
        const struct slice character = slice_make(rest.data, length == 0 ? 1 : length);
        if (length == 0 || utf8_is_control(character))
            buffer_append_byte(buffer, '?');
        else
            buffer_append_slice(buffer, character);
        if (rest.data[0] == '"')
            buffer_append_byte(buffer, '"');
        rest = slice_make(rest.data + character.size, rest.size - character.size);
    }
    buffer_append_byte(buffer, '"');
}

RESULT buffer_status(const struct buffer *buffer)
{
    return buffer->state;
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->data, buffer->size};
}

const char *buffer_text(struct buffer *buffer)
{
    if (buffer->data == NULL)
        return "";
    buffer->data[buffer->size] = 0;
    return (const char *)buffer->data;
}

char *buffer_take(struct buffer *buffer, size_t *ret_size)
{
    if (!reserve(buffer, 0))
        return NULL;
    buffer->data[buffer->size] = 0;
    char *taken = (char *)buffer->data;
    if (ret_size != NULL)
        *ret_size = buffer->size;
    *buffer = buffer_make(buffer->limit);
    return taken;
}
