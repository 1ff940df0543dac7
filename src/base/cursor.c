/* The text cursor; see cursor.h. */
#include "base/cursor.h"

#include <string.h>

struct cursor cursor_make(struct slice text)
{
    return (struct cursor){.text = text, .line = 1};
}

void cursor_fail(struct cursor *cursor, struct result why)
{
    if (is_ok(cursor->state))
        cursor->state = result_place(why) != 0 ? why : result_at(why, cursor->line);
}

bool cursor_failed(const struct cursor *cursor)
{
    return !is_ok(cursor->state);
}

bool cursor_at_end(const struct cursor *cursor)
{
    return cursor->position == cursor->text.size;
}

static struct slice remaining(const struct cursor *cursor)
{
    if (cursor_at_end(cursor))
        return (struct slice){NULL, 0};
    return (struct slice){cursor->text.data + cursor->position, cursor->text.size - cursor->position};
}

struct slice cursor_peek_line(const struct cursor *cursor)
{
    const struct slice left = remaining(cursor);
    if (cursor_failed(cursor) || left.size == 0)
        return (struct slice){NULL, 0};
    const uint8_t *newline = memchr(left.data, '\n', left.size);
    return (struct slice){left.data, newline == NULL ? left.size : (size_t)(newline - left.data)};
}

struct slice cursor_line(struct cursor *cursor)
{
    const struct slice line = cursor_peek_line(cursor);
    if (cursor_failed(cursor))
        return line;
    if (line.size == remaining(cursor).size) { /* no newline behind it */
        cursor_fail(cursor, FAIL(TEXT_TRUNCATED));
        return (struct slice){NULL, 0};
    }
    cursor->position += line.size + 1;
    cursor->line++;
    return line;
}

void cursor_expect(struct cursor *cursor, const char *text, struct result why)
{
    if (cursor_failed(cursor))
        return;
    if (!slice_starts_with(remaining(cursor), text)) {
        cursor_fail(cursor, why);
        return;
    }
    for (const char *c = text; *c != 0; c++)
        if (*c == '\n')
            cursor->line++;
    cursor->position += strlen(text);
}

struct slice cursor_rest(struct cursor *cursor)
{
    if (cursor_failed(cursor))
        return (struct slice){NULL, 0};
    const struct slice left = remaining(cursor);
    cursor->position = cursor->text.size;
    return left;
}

RESULT cursor_finish(struct cursor *cursor)
{
    if (!cursor_failed(cursor) && !cursor_at_end(cursor))
        cursor_fail(cursor, FAIL(TEXT_TRAILING));
    return cursor->state;
}
