/* What is carried to a machine without a network; see parcel.h. */
#include "proto/parcel.h"

#include "base/cursor.h"
#include "core/form/parts.h"

#include <stdio.h>
#include <string.h>

#define TYPE_PREFIX "aval parcel v"
#define VERSION     "1"
#define REQUEST     "request "
#define LICENSE     "license "
#define ANSWER      "answer "

enum {
    LINE_WIDTH = 64,
    MARK_SIZE = 64, /* of a line that begins or ends what is wrapped */
};

/* ---- the content ---- */

RESULT parcel_read(struct slice text, struct parcel *ret_parcel)
{
    struct parcel parcel = {0};
    struct cursor cursor = cursor_make(text);
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= PARCEL_MAX, TEXT_TOO_LONG);
    cursor_expect(&cursor, TYPE_PREFIX, FAIL(DOCUMENT_TYPE));
    cursor_expect(&cursor, VERSION "\n", FAIL(DOCUMENT_VERSION));
    line_require(&cursor, base64_read_exactly(line_value(&cursor, REQUEST), parcel.request.bytes, HASH_SIZE));
    parcel.license = part_read(&cursor, LICENSE, NOTE_MAX);
    parcel.answer = part_read(&cursor, ANSWER, ANSWER_MAX);
    TRY(cursor_finish(&cursor));
    *ret_parcel = parcel;
    return RESULT_OK;
}

void parcel_write(const struct parcel *parcel, struct buffer *out)
{
    buffer_append_text(out, TYPE_PREFIX VERSION "\n" REQUEST);
    buffer_append_base64(out, parcel->request.bytes, HASH_SIZE);
    buffer_append_byte(out, '\n');
    part_write(LICENSE, parcel->license, out);
    part_write(ANSWER, parcel->answer, out);
}

/* ---- wrapping ---- */

static void write_mark(const char *which, const char *label, char ret_mark[static MARK_SIZE])
{
    snprintf(ret_mark, MARK_SIZE, "-----%s AVAL %s-----", which, label);
}

void wrap(const char *label, struct slice content, struct buffer *out)
{
    enum { BYTES_A_LINE = LINE_WIDTH / 4 * 3 };
    char mark[MARK_SIZE];
    write_mark("BEGIN", label, mark);
    buffer_append_text(out, mark);
    buffer_append_byte(out, '\n');
    for (size_t at = 0; at < content.size; at += BYTES_A_LINE) {
        const size_t left = content.size - at;
        buffer_append_base64(out, content.data + at, left < BYTES_A_LINE ? left : BYTES_A_LINE);
        buffer_append_byte(out, '\n');
    }
    write_mark("END", label, mark);
    buffer_append_text(out, mark);
    buffer_append_byte(out, '\n');
}

/* Where the mark is in the text from `from` on; the text's size where it is not. */
static size_t find(struct slice text, size_t from, const char *mark)
{
    const size_t size = strlen(mark);
    for (size_t i = from; size <= text.size && i <= text.size - size; i++)
        if (text.data[i] == (uint8_t)mark[0] && memcmp(text.data + i, mark, size) == 0)
            return i;
    return text.size;
}

static size_t line_of(struct slice text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text.data[i] == '\n';
    return line;
}

static bool is_of_mail(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '>';
}

static bool is_base64(uint8_t byte)
{
    return ascii_is_alphanumeric((char)byte) || byte == '+' || byte == '/' || byte == '=';
}

/* Appends the text between the marks without what mail has put there. */
static RESULT gather(struct slice text, size_t begin, size_t end, struct buffer *out)
{
    for (size_t i = begin; i < end; i++) {
        if (is_of_mail(text.data[i]))
            continue;
        if (!is_base64(text.data[i]))
            return FAIL_AT(BASE64, line_of(text, i));
        buffer_append_byte(out, text.data[i]);
    }
    return buffer_status(out);
}

static RESULT decode(struct slice base64, struct buffer *out)
{
    uint8_t bytes[LINE_WIDTH / 4 * 3];
    for (size_t at = 0; at < base64.size; at += LINE_WIDTH) {
        const size_t left = base64.size - at;
        size_t size = 0;
        TRY(base64_read(slice_make(base64.data + at, left < LINE_WIDTH ? left : LINE_WIDTH), bytes, sizeof bytes,
                        &size));
        ENSURE(size == sizeof bytes || at + LINE_WIDTH >= base64.size, BASE64); /* its end in the middle */
        buffer_append(out, bytes, size);
    }
    return buffer_status(out);
}

RESULT unwrap(const char *label, struct slice text, struct buffer *out)
{
    char mark[MARK_SIZE];
    CLEANUP_BUFFER struct buffer base64 = buffer_make(BASE64_LENGTH(PARCEL_MAX));
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= WRAPPED_MAX, TEXT_TOO_LONG);
    write_mark("BEGIN", label, mark);
    const size_t begin = find(text, 0, mark);
    ENSURE(begin < text.size, DOCUMENT_TYPE);
    const size_t within = begin + strlen(mark);
    ENSURE(find(text, within, mark) == text.size, DOCUMENT_SEVERAL);
    write_mark("END", label, mark);
    const size_t end = find(text, within, mark);
    ENSURE(end < text.size, TEXT_TRUNCATED);
    TRY(gather(text, within, end, &base64));
    return decode(buffer_slice(&base64), out);
}
