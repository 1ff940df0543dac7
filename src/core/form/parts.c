/* Notes within a larger text; see parts.h. */
#include "core/form/parts.h"

struct slice line_value(struct cursor *cursor, const char *key)
{
    cursor_expect(cursor, key, FAIL(DOCUMENT_MISSING_KEY));
    return cursor_line(cursor);
}

void line_require(struct cursor *cursor, struct result result)
{
    if (!is_ok(result))
        cursor_fail(cursor, result_at(result, cursor->line - 1));
}

struct slice part_read(struct cursor *cursor, const char *key, size_t max)
{
    uint64_t size = 0;
    line_require(cursor, decimal_read(line_value(cursor, key), max, &size));
    if (cursor_failed(cursor))
        return (struct slice){0};
    if (cursor->text.size - cursor->position < size) {
        cursor_fail(cursor, FAIL(TEXT_TRUNCATED));
        return (struct slice){0};
    }
    const struct slice part = slice_make(cursor->text.data + cursor->position, (size_t)size);
    cursor->position += part.size;
    for (size_t i = 0; i < part.size; i++)
        cursor->line += part.data[i] == '\n' ? 1 : 0;
    return part;
}

void part_write(const char *key, struct slice bytes, struct buffer *out)
{
    buffer_append_text(out, key);
    buffer_append_decimal(out, bytes.size);
    buffer_append_byte(out, '\n');
    buffer_append_slice(out, bytes);
}
