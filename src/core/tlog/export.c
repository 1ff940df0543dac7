/*
 * The file that carries a stretch of a ledger: its writer, and its reader in pieces. See export.h.
 *
 * Always: what was read, written again, is the same file; so no byte of it can be another.
 */
#include "core/tlog/export.h"

#include "base/cursor.h"

#include <string.h>

#define TYPE_PREFIX "aval ledger-export v"
#define VERSION     "1"

enum {
    NODE_LINE_MAX = 5 + BASE64_LENGTH(HASH_SIZE) + 1,
    HEADER_MAX = 128 + KEY_NAME_SIZE + FRONTIER_MAX * NODE_LINE_MAX,
    LENGTH_LINE_MAX = 32, /* "checkpoint LENGTH" */
    PENDING_MAX = LENGTH_LINE_MAX + CHECKPOINT_NOTE_MAX + EXPORT_PIECE_MAX,
};
_Static_assert((int)HEADER_MAX <= (int)CHECKPOINT_NOTE_MAX && (int)LEAF_MAX <= (int)CHECKPOINT_NOTE_MAX,
               "PENDING_MAX is that of the longest part");

/* Writing */

void export_header_write(const struct export_header *header, struct buffer *out)
{
    buffer_append_text(out, TYPE_PREFIX VERSION "\norigin ");
    buffer_append_text(out, header->origin);
    buffer_append_text(out, "\nfrom ");
    buffer_append_decimal(out, header->from);
    buffer_append_text(out, "\nto ");
    buffer_append_decimal(out, header->to);
    buffer_append_byte(out, '\n');
    for (unsigned l = 0; l < FRONTIER_MAX; l++) {
        if (!(header->from >> l & 1))
            continue;
        buffer_append_text(out, "node ");
        buffer_append_base64(out, header->frontier.levels[l].bytes, HASH_SIZE);
        buffer_append_byte(out, '\n');
    }
    buffer_append_byte(out, '\n');
}

static void part_write(const char *key, struct slice bytes, struct buffer *out)
{
    buffer_append_text(out, key);
    buffer_append_decimal(out, bytes.size);
    buffer_append_byte(out, '\n');
    buffer_append_slice(out, bytes);
}

void export_leaf_write(struct slice leaf, struct buffer *out)
{
    part_write("leaf ", leaf, out);
}

void export_end_write(struct slice checkpoint_note, struct buffer *out)
{
    part_write("checkpoint ", checkpoint_note, out);
}

/* Reading the header */

/* The value of the line `KEY VALUE`; `key` ends in a space. */
static struct slice header_value(struct cursor *cursor, const char *key)
{
    cursor_expect(cursor, key, FAIL(DOCUMENT_MISSING_KEY));
    return cursor_line(cursor);
}

/* Fails at the line that was read last. */
static void require(struct cursor *cursor, struct result result)
{
    if (!is_ok(result))
        cursor_fail(cursor, result_at(result, cursor->line - 1));
}

static bool origin_valid(struct slice origin)
{
    for (size_t i = 0; i < origin.size; i++)
        if (origin.data[i] < ' ')
            return false;
    return origin.size > 0 && utf8_valid(origin);
}

static void read_sizes(struct cursor *cursor, struct export_header *header)
{
    require(cursor, decimal_read(header_value(cursor, "from "), TREE_SIZE_MAX, &header->from));
    require(cursor, decimal_read(header_value(cursor, "to "), TREE_SIZE_MAX, &header->to));
    if (header->to < header->from)
        require(cursor, FAIL(DOCUMENT_VALUE));
}

static void read_frontier(struct cursor *cursor, struct export_header *header)
{
    header->frontier.size = header->from;
    for (unsigned l = 0; l < FRONTIER_MAX; l++)
        if (header->from >> l & 1)
            require(cursor,
                    base64_read_exactly(header_value(cursor, "node "), header->frontier.levels[l].bytes, HASH_SIZE));
}

static RESULT header_read(struct slice text, struct export_header *ret_header)
{
    struct export_header header = {0};
    struct cursor cursor = cursor_make(text);
    cursor_expect(&cursor, TYPE_PREFIX, FAIL(DOCUMENT_TYPE));
    cursor_expect(&cursor, VERSION "\n", FAIL(DOCUMENT_VERSION));
    const struct slice origin = header_value(&cursor, "origin ");
    require(&cursor, slice_copy_text(origin, header.origin, sizeof header.origin));
    if (!origin_valid(origin))
        require(&cursor, FAIL(DOCUMENT_VALUE));
    read_sizes(&cursor, &header);
    if (!cursor_failed(&cursor))
        read_frontier(&cursor, &header);
    TRY(cursor_finish(&cursor));
    *ret_header = header;
    return RESULT_OK;
}

/* Reading in pieces */

void export_reader_begin(struct export_reader *reader)
{
    *reader = (struct export_reader){.pending = buffer_make(PENDING_MAX)};
}

void export_reader_free(struct export_reader *reader)
{
    buffer_free(&reader->pending);
}

static struct slice untaken(const struct export_reader *reader)
{
    const struct slice all = buffer_slice(&reader->pending);
    return all.size == 0 ? all : slice_make(all.data + reader->taken, all.size - reader->taken);
}

RESULT export_reader_add(struct export_reader *reader, struct slice bytes)
{
    struct buffer *pending = &reader->pending;
    ENSURE(reader->stage != EXPORT_ENDED || bytes.size == 0, TEXT_TRAILING);
    if (reader->taken > 0) {
        pending->size -= reader->taken;
        memmove(pending->data, pending->data + reader->taken, pending->size);
        reader->taken = 0;
    }
    buffer_append_slice(pending, bytes);
    return buffer_status(pending);
}

/* Whether the header has ended; *ret_size: with its last newline, without the empty line. */
static bool header_ends(struct slice bytes, size_t *ret_size)
{
    const uint8_t *end = bytes.size == 0 ? NULL : memmem(bytes.data, bytes.size, "\n\n", 2);
    if (end == NULL)
        return false;
    *ret_size = (size_t)(end - bytes.data) + 1;
    return true;
}

static RESULT next_header(struct export_reader *reader, enum export_part *ret_part)
{
    const struct slice bytes = untaken(reader);
    const size_t compared = bytes.size < strlen(TYPE_PREFIX) ? bytes.size : strlen(TYPE_PREFIX);
    if (compared > 0 && memcmp(bytes.data, TYPE_PREFIX, compared) != 0)
        return FAIL_AT(DOCUMENT_TYPE, 1);
    size_t size = 0;
    if (!header_ends(bytes, &size)) {
        ENSURE(bytes.size < HEADER_MAX, TEXT_TOO_LONG);
        *ret_part = EXPORT_MORE;
        return RESULT_OK;
    }
    TRY(header_read(slice_make(bytes.data, size), &reader->header));
    reader->taken += size + 1;
    reader->next = reader->header.from;
    reader->stage = EXPORT_IN_BODY;
    *ret_part = EXPORT_HEADER;
    return RESULT_OK;
}

/* Reads the line `KEY LENGTH`. *ret_size is 0 while it is not all there, otherwise its size with the newline. */
static RESULT read_length(struct slice bytes, const char *key, size_t most, size_t *ret_size, size_t *ret_length)
{
    const size_t searched = bytes.size < LENGTH_LINE_MAX ? bytes.size : LENGTH_LINE_MAX;
    const uint8_t *newline = searched == 0 ? NULL : memchr(bytes.data, '\n', searched);
    *ret_size = 0;
    if (newline == NULL) {
        ENSURE(searched < LENGTH_LINE_MAX, DOCUMENT_MISSING_KEY);
        return RESULT_OK;
    }
    const struct slice line = slice_make(bytes.data, (size_t)(newline - bytes.data));
    ENSURE(slice_starts_with(line, key), DOCUMENT_MISSING_KEY);
    uint64_t length = 0;
    TRY(decimal_read(slice_make(line.data + strlen(key), line.size - strlen(key)), UINT64_MAX, &length));
    ENSURE(length <= most, TEXT_TOO_LONG);
    *ret_length = (size_t)length;
    *ret_size = line.size + 1;
    return RESULT_OK;
}

static RESULT next_in_body(struct export_reader *reader, enum export_part *ret_part, struct slice *ret_bytes)
{
    const struct slice bytes = untaken(reader);
    const bool at_end = reader->next == reader->header.to;
    size_t line = 0;
    size_t length = 0;
    TRY(read_length(bytes, at_end ? "checkpoint " : "leaf ", at_end ? CHECKPOINT_NOTE_MAX : LEAF_MAX, &line, &length));
    if (line == 0 || bytes.size - line < length) {
        *ret_part = EXPORT_MORE;
        return RESULT_OK;
    }
    ENSURE(!at_end || bytes.size == line + length, TEXT_TRAILING);
    reader->taken += line + length;
    if (at_end)
        reader->stage = EXPORT_ENDED;
    else
        reader->index = reader->next++;
    *ret_part = at_end ? EXPORT_END : EXPORT_LEAF;
    *ret_bytes = slice_make(bytes.data + line, length);
    return RESULT_OK;
}

RESULT export_reader_next(struct export_reader *reader, enum export_part *ret_part, struct slice *ret_bytes)
{
    switch (reader->stage) {
    case EXPORT_IN_HEADER:
        return next_header(reader, ret_part);
    case EXPORT_IN_BODY:
        return next_in_body(reader, ret_part, ret_bytes);
    case EXPORT_ENDED:
    default:
        *ret_part = EXPORT_MORE;
        return RESULT_OK;
    }
}

RESULT export_reader_finish(const struct export_reader *reader)
{
    ENSURE(reader->stage == EXPORT_ENDED, TEXT_TRUNCATED);
    return RESULT_OK;
}
