/* Writer and reader of a backup's file, side by side; see backup/container.h. */
#include "backup/container.h"

#include "authority/folder.h"
#include "base/secret.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "aval backup v1\n"
#define CHECK      "check "

enum {
    SECTION_MAX = BACKUP_BLOCK + 4 * BACKUP_LINE_MAX,
    CHECK_SIZE = sizeof CHECK - 1 + BASE64_LENGTH(HASH_SIZE) + 1, /* with its newline */
};

static struct hash chain(const struct hash *before, struct slice section)
{
    const struct slice parts[] = {slice_make(before->bytes, HASH_SIZE), section};
    return hash_of_parts(parts, 2);
}

static void check_write(const struct hash *check, char ret_line[static CHECK_SIZE + 1])
{
    char text[BASE64_LENGTH(HASH_SIZE) + 1];
    base64_write(check->bytes, HASH_SIZE, text);
    (void)snprintf(ret_line, CHECK_SIZE + 1, CHECK "%s\n", text);
}

/* A folder comes before whatever begins with its name. */
static bool comes_before(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    const unsigned char of_a = *a == '/' ? 1 : (unsigned char)*a;
    const unsigned char of_b = *b == '/' ? 1 : (unsigned char)*b;
    return of_a < of_b;
}

static bool size_good(const char *name, uint64_t size)
{
    return size <= (strcmp(name, FOLDER_DATABASE) == 0 ? BACKUP_DATABASE_MAX : (uint64_t)BACKUP_SMALL_MAX);
}

/* ---- writing ---- */

static RESULT end_section(struct backup_writer *writer)
{
    char line[CHECK_SIZE + 1];
    TRY(buffer_status(&writer->section));
    writer->check = chain(&writer->check, buffer_slice(&writer->section));
    check_write(&writer->check, line);
    TRY(writer->put(writer->context, buffer_slice(&writer->section)));
    buffer_clear(&writer->section);
    return writer->put(writer->context, slice_make(line, CHECK_SIZE));
}

RESULT backup_write_begin(struct backup_writer *writer, const struct backup_head *head)
{
    char made[TIME_TEXT_SIZE];
    time_write(head->made, made);
    writer->section = buffer_make(SECTION_MAX);
    buffer_printf(&writer->section, FIRST_LINE "host %s\nmade %s\nkeys %s\n", head->host, made,
                  head->keys ? "yes" : "no");
    return end_section(writer);
}

RESULT backup_write_file(struct backup_writer *writer, const char *name, uint64_t size)
{
    ENSURE(writer->left == 0 && backup_name_good(name) && comes_before(writer->last, name) && size_good(name, size) &&
               writer->files < BACKUP_FILES_MAX,
           DOCUMENT_VALUE);
    (void)snprintf(writer->last, sizeof writer->last, "%s", name);
    writer->files++;
    writer->left = size;
    buffer_printf(&writer->section, "file %s %" PRIu64 "\n", name, size);
    return size == 0 ? end_section(writer) : RESULT_OK;
}

RESULT backup_write_bytes(struct backup_writer *writer, struct slice bytes)
{
    ENSURE(bytes.size <= writer->left, DOCUMENT_VALUE);
    while (bytes.size > 0) {
        const size_t room = BACKUP_BLOCK - writer->block;
        const size_t size = bytes.size < room ? bytes.size : room;
        buffer_append(&writer->section, bytes.data, size);
        bytes = slice_make(bytes.data + size, bytes.size - size);
        writer->block += size;
        writer->left -= size;
        if (writer->block < BACKUP_BLOCK && writer->left > 0)
            continue;
        writer->block = 0;
        TRY(end_section(writer));
    }
    return RESULT_OK;
}

RESULT backup_write_end(struct backup_writer *writer)
{
    ENSURE(writer->left == 0, DOCUMENT_VALUE);
    buffer_printf(&writer->section, "end %" PRIu64 "\n", writer->files);
    return end_section(writer);
}

void backup_writer_free(struct backup_writer *writer)
{
    if (writer->section.data != NULL)
        secret_wipe(writer->section.data, writer->section.size); /* there are keys among the files */
    buffer_free(&writer->section);
}

/* ---- reading ---- */

struct reading {
    const struct backup_source *source;
    struct hash check;
    struct buffer section; /* since the last check */
};

/* Appends as many bytes as that to the section; fewer where the source ends. */
static RESULT get(struct reading *reading, size_t size, size_t *ret_got)
{
    uint8_t chunk[4096];
    *ret_got = 0;
    while (*ret_got < size) {
        const size_t left = size - *ret_got;
        size_t got = 0;
        TRY(reading->source->get(reading->source->context, chunk, left < sizeof chunk ? left : sizeof chunk, &got));
        if (got == 0)
            break;
        buffer_append(&reading->section, chunk, got);
        *ret_got += got;
    }
    secret_wipe(chunk, sizeof chunk);
    return buffer_status(&reading->section);
}

static RESULT get_all(struct reading *reading, size_t size, struct slice *ret_bytes)
{
    const size_t at = reading->section.size;
    size_t got;
    TRY(get(reading, size, &got));
    ENSURE(got == size, BACKUP_DAMAGED);
    *ret_bytes = slice_make(reading->section.data + at, size);
    return RESULT_OK;
}

/* The next line of the section, without its newline; as a text. */
static RESULT get_line(struct reading *reading, char ret_line[static BACKUP_LINE_MAX])
{
    for (size_t i = 0; i < BACKUP_LINE_MAX; i++) {
        struct slice byte;
        TRY(get_all(reading, 1, &byte));
        ret_line[i] = (char)byte.data[0];
        ENSURE(ret_line[i] != 0, BACKUP_DAMAGED);
        if (ret_line[i] == '\n') {
            ret_line[i] = 0;
            return RESULT_OK;
        }
    }
    return FAIL(BACKUP_DAMAGED);
}

/* The line that ends a section, which it is held against; what was read is checked then. */
static RESULT get_check(struct reading *reading)
{
    char expected[CHECK_SIZE + 1];
    struct slice line;
    const size_t size = reading->section.size;
    TRY(get_all(reading, CHECK_SIZE, &line));
    reading->check = chain(&reading->check, slice_make(reading->section.data, size));
    check_write(&reading->check, expected);
    ENSURE(slice_is(line, expected), BACKUP_DAMAGED);
    reading->section.size = size; /* what is in it stays until the next section begins */
    return RESULT_OK;
}

static void begin_section(struct reading *reading)
{
    if (reading->section.data != NULL)
        secret_wipe(reading->section.data, reading->section.size);
    buffer_clear(&reading->section);
}

/* The value of the line `KEY VALUE`; NULL for another one. */
static const char *value_of(const char *line, const char *key)
{
    const size_t size = strcspn(line, " ");
    return size == strlen(key) && memcmp(line, key, size) == 0 && line[size] == ' ' ? line + size + 1 : NULL;
}

static RESULT first_line(struct reading *reading)
{
    char line[BACKUP_LINE_MAX] = "";
    static const char type[] = "aval backup v";
    const struct result read = get_line(reading, line);
    if (result_code(read) == ERR_BACKUP_DAMAGED)
        return FAIL(DOCUMENT_TYPE);
    TRY(read);
    ENSURE(strncmp(line, type, sizeof type - 1) == 0, DOCUMENT_TYPE);
    ENSURE(strcmp(line + sizeof type - 1, "1") == 0, DOCUMENT_VERSION);
    return RESULT_OK;
}

static RESULT get_value(struct reading *reading, const char *key, char line[static BACKUP_LINE_MAX],
                        const char **ret_value)
{
    TRY(get_line(reading, line));
    *ret_value = value_of(line, key);
    ENSURE(*ret_value != NULL, BACKUP_DAMAGED);
    return RESULT_OK;
}

static RESULT get_head(struct reading *reading, struct backup_head *ret_head)
{
    char line[BACKUP_LINE_MAX] = "";
    const char *value;
    struct backup_head head = {.made = 0};
    TRY(first_line(reading));
    TRY(get_value(reading, "host", line, &value));
    ENSURE(is_ok(host_name_check(slice_of(value))), BACKUP_DAMAGED);
    TRY(slice_copy_text(slice_of(value), head.host, sizeof head.host));
    TRY(get_value(reading, "made", line, &value));
    ENSURE(is_ok(time_read(slice_of(value), &head.made)), BACKUP_DAMAGED);
    TRY(get_value(reading, "keys", line, &value));
    head.keys = strcmp(value, "yes") == 0;
    ENSURE(head.keys || strcmp(value, "no") == 0, BACKUP_DAMAGED);
    TRY(get_check(reading));
    *ret_head = head;
    return RESULT_OK;
}

/* Takes `NAME SIZE` apart, in place. */
static RESULT read_file_line(char *value, uint64_t *ret_size)
{
    char *const space = strchr(value, ' ');
    ENSURE(space != NULL, BACKUP_DAMAGED);
    *space = 0;
    ENSURE(backup_name_good(value) && is_ok(decimal_read(slice_of(space + 1), BACKUP_DATABASE_MAX, ret_size)) &&
               size_good(value, *ret_size),
           BACKUP_DAMAGED);
    return RESULT_OK;
}

/* The bytes of a file, the first of which are in the section that its line began. */
static RESULT get_bytes(struct reading *reading, const struct backup_visitor *visitor, const char *name, uint64_t size)
{
    bool begun = false;
    for (uint64_t left = size; left > 0 || !begun;) {
        const size_t block = left < BACKUP_BLOCK ? (size_t)left : BACKUP_BLOCK;
        const size_t at = begun ? 0 : reading->section.size;
        struct slice bytes;
        if (begun)
            begin_section(reading);
        TRY(get_all(reading, block, &bytes));
        TRY(get_check(reading));
        if (!begun && visitor->file != NULL)
            TRY(visitor->file(visitor->context, name, size));
        begun = true;
        bytes = slice_make(reading->section.data + at, block);
        if (block > 0 && visitor->bytes != NULL)
            TRY(visitor->bytes(visitor->context, bytes));
        left -= block;
    }
    return visitor->end == NULL ? RESULT_OK : visitor->end(visitor->context);
}

static RESULT get_file(struct reading *reading, const struct backup_visitor *visitor, char *value,
                       char last[static BACKUP_NAME_SIZE])
{
    uint64_t size;
    TRY(read_file_line(value, &size));
    ENSURE(comes_before(last, value), BACKUP_DAMAGED);
    TRY(slice_copy_text(slice_of(value), last, BACKUP_NAME_SIZE));
    return get_bytes(reading, visitor, last, size);
}

/* Behind the last check there is nothing. */
static RESULT get_end(struct reading *reading, const char *value, uint64_t files)
{
    uint64_t said;
    size_t more;
    ENSURE(is_ok(decimal_read(slice_of(value), BACKUP_FILES_MAX, &said)) && said == files, BACKUP_DAMAGED);
    TRY(get_check(reading));
    TRY(get(reading, 1, &more));
    ENSURE(more == 0, BACKUP_DAMAGED);
    return RESULT_OK;
}

static RESULT read_sections(struct reading *reading, const struct backup_visitor *visitor)
{
    struct backup_head head;
    char last[BACKUP_NAME_SIZE] = "";
    TRY(get_head(reading, &head));
    if (visitor->head != NULL)
        TRY(visitor->head(visitor->context, &head));
    for (uint64_t files = 0; files <= BACKUP_FILES_MAX; files++) {
        char line[BACKUP_LINE_MAX] = "";
        begin_section(reading);
        TRY(get_line(reading, line));
        const char *const end = value_of(line, "end");
        if (end != NULL)
            return get_end(reading, end, files);
        ENSURE(value_of(line, "file") != NULL, BACKUP_DAMAGED);
        TRY(get_file(reading, visitor, line + strlen("file "), last));
    }
    return FAIL(BACKUP_DAMAGED);
}

RESULT backup_read(const struct backup_source *source, const struct backup_visitor *visitor)
{
    struct reading reading = {.source = source, .section = buffer_make(SECTION_MAX)};
    const struct result read = read_sections(&reading, visitor);
    begin_section(&reading);
    buffer_free(&reading.section);
    return read;
}
