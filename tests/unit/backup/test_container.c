/* The file of a backup: what is written reads back, and nothing else does. */
#include "host_fixture.h"
#include "mutate.h"

#include "backup/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 * BACKUP_BLOCK };

/* What was read, as text: names and sizes, and all bytes. */
struct found {
    struct slice rest;
    struct backup_head head;
    struct buffer names;
    struct buffer bytes;
};

static RESULT get(void *context, uint8_t *bytes, size_t size, size_t *ret_size)
{
    struct found *const found = context;
    size_t got = found->rest.size < size ? found->rest.size : size;
    got = got > 1000 ? 1000 : got; /* as a pipe might give it */
    if (got > 0)
        memcpy(bytes, found->rest.data, got);
    found->rest = slice_make(found->rest.data + got, found->rest.size - got);
    *ret_size = got;
    return RESULT_OK;
}

static RESULT keep_head(void *context, const struct backup_head *head)
{
    ((struct found *)context)->head = *head;
    return RESULT_OK;
}

static RESULT keep_file(void *context, const char *name, uint64_t size)
{
    struct found *const found = context;
    buffer_printf(&found->names, "%s %u\n", name, (unsigned)size);
    return buffer_status(&found->names);
}

static RESULT keep_bytes(void *context, struct slice bytes)
{
    struct found *const found = context;
    buffer_append_slice(&found->bytes, bytes);
    return buffer_status(&found->bytes);
}

static RESULT read_into(struct slice file, struct found *found)
{
    const struct backup_source source = {get, found};
    const struct backup_visitor visitor = {keep_head, keep_file, keep_bytes, NULL, found};
    *found = (struct found){.rest = file, .names = buffer_make(FILE_MAX), .bytes = buffer_make(FILE_MAX)};
    return backup_read(&source, &visitor);
}

static void found_free(struct found *found)
{
    buffer_free(&found->names);
    buffer_free(&found->bytes);
}

static enum error_code outcome_of(struct slice file)
{
    struct found found;
    const struct result read = read_into(file, &found);
    found_free(&found);
    return result_code(read);
}

static RESULT put(void *context, struct slice bytes)
{
    buffer_append_slice(context, bytes);
    return buffer_status(context);
}

static struct backup_writer begin(struct buffer *out)
{
    struct backup_writer writer = {.put = put, .context = out};
    const struct backup_head head = {.host = HOST, .made = TODAY, .keys = true};
    assert_ok(backup_write_begin(&writer, &head));
    return writer;
}

static void add(struct backup_writer *writer, const char *name, struct slice content)
{
    assert_ok(backup_write_file(writer, name, content.size));
    assert_ok(backup_write_bytes(writer, content));
}

/* Three files, the first of them empty. */
static void write_small(struct buffer *out)
{
    struct backup_writer writer = begin(out);
    add(&writer, "avald.db", slice_make("", 0));
    add(&writer, "host", slice_of(HOST "\n"));
    add(&writer, "signer/" VENDOR ".key", slice_of("secret"));
    assert_ok(backup_write_end(&writer));
    backup_writer_free(&writer);
}

static void what_was_written_reads_back(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(FILE_MAX);
    struct found found;
    write_small(&out);
    assert_ok(read_into(buffer_slice(&out), &found));
    assert_string_equal(found.head.host, HOST);
    assert_int_equal(found.head.made, TODAY);
    assert_true(found.head.keys);
    assert_string_equal(buffer_text(&found.names), "avald.db 0\nhost 16\nsigner/" VENDOR ".key 6\n");
    assert_string_equal(buffer_text(&found.bytes), HOST "\nsecret");
    found_free(&found);
}

static void files_of_many_blocks_read_back_whatever_pieces_they_came_in(void **state)
{
    (void)state;
    static const size_t sizes[] = {BACKUP_BLOCK - 1, BACKUP_BLOCK, BACKUP_BLOCK + 1, 2 * BACKUP_BLOCK + 77};
    uint8_t *const content = malloc(FILE_MAX);
    assert_non_null(content);
    for (size_t i = 0; i < FILE_MAX; i++)
        content[i] = (uint8_t)(i * 31 >> 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(FILE_MAX);
        struct found found;
        struct backup_writer writer = begin(&out);
        assert_ok(backup_write_file(&writer, "avald.db", sizes[i]));
        for (size_t at = 0; at < sizes[i]; at += 99999)
            assert_ok(
                backup_write_bytes(&writer, slice_make(content + at, sizes[i] - at < 99999 ? sizes[i] - at : 99999)));
        assert_ok(backup_write_end(&writer));
        backup_writer_free(&writer);
        assert_ok(read_into(buffer_slice(&out), &found));
        assert_true(slice_equal(buffer_slice(&found.bytes), slice_make(content, sizes[i])));
        found_free(&found);
    }
    free(content);
}

static bool accepted(void *context, struct slice mutant)
{
    (void)context;
    return outcome_of(mutant) == OK;
}

static void a_flipped_bit_or_a_cut_is_noticed(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(FILE_MAX);
    write_small(&out);
    assert_int_equal(outcome_of(buffer_slice(&out)), OK);
    assert_int_equal(mutate_each_bit(buffer_slice(&out), accepted, NULL), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&out), accepted, NULL), 0);
    buffer_append_byte(&out, '\n');
    assert_int_equal(outcome_of(buffer_slice(&out)), ERR_BACKUP_DAMAGED);
}

static void what_is_no_backup_is_told_from_a_damaged_one(void **state)
{
    (void)state;
    assert_int_equal(outcome_of(slice_make("", 0)), ERR_DOCUMENT_TYPE);
    assert_int_equal(outcome_of(slice_of("SQLite format 3\n")), ERR_DOCUMENT_TYPE);
    assert_int_equal(outcome_of(slice_of("aval backup v2\n")), ERR_DOCUMENT_VERSION);
    assert_int_equal(outcome_of(slice_of("aval backup v1\n")), ERR_BACKUP_DAMAGED);
}

static void only_files_of_a_host_have_a_place_in_it(void **state)
{
    (void)state;
    static const char *const good[] = {"avald.conf",
                                       "avald.db",
                                       "host",
                                       "signer/a.key",
                                       "signer/a.state",
                                       "signer/a.b+12.state",
                                       "vendors/a/vendor.vkey",
                                       "vendors/a/host.vkey",
                                       "vendors/a/host-request",
                                       "vendors/a/revocations",
                                       "vendors/a/licenses/l-1"};
    static const char *const bad[] = {"",
                                      "/",
                                      "lock",
                                      "control.sock",
                                      "avald.db-wal",
                                      "/etc/passwd",
                                      "../host",
                                      "signer",
                                      "signer/",
                                      "signer/.key",
                                      "signer/a",
                                      "signer/../a.key",
                                      "signer/a/b.key",
                                      "signer/a+.state",
                                      "signer/a+x.state",
                                      "signer/a+1.key",
                                      "signer/+1.state",
                                      "vendors/",
                                      "vendors/a",
                                      "vendors/a/",
                                      "vendors/../host",
                                      "vendors/a/../../host",
                                      "vendors/a/licenses",
                                      "vendors/a/licenses/",
                                      "vendors/a/licenses/..",
                                      "vendors/a/licenses/x/y",
                                      "vendors/.a/vendor.vkey",
                                      "vendors//vendor.vkey",
                                      "host\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!backup_name_good(good[i]))
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (backup_name_good(bad[i]))
            fail_msg("%s is taken", bad[i]);
    assert_true(backup_name_is_key("signer/a.key"));
    assert_false(backup_name_is_key("signer/a.state"));
}

static void a_writer_refuses_what_its_reader_would(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(FILE_MAX);
    CLEANUP_BACKUP_WRITER struct backup_writer writer = begin(&out);
    assert_fails(backup_write_file(&writer, "lock", 1), DOCUMENT_VALUE);
    assert_fails(backup_write_file(&writer, "host", BACKUP_SMALL_MAX + 1), DOCUMENT_VALUE);
    assert_fails(backup_write_file(&writer, "avald.db", BACKUP_DATABASE_MAX + 1), DOCUMENT_VALUE);
    add(&writer, "vendors/a/vendor.vkey", slice_of("v"));
    add(&writer, "vendors/a-b/vendor.vkey", slice_of("v"));
    assert_fails(backup_write_file(&writer, "vendors/a/vendor.vkey", 1), DOCUMENT_VALUE);
    assert_fails(backup_write_file(&writer, "vendors/a-b/vendor.vkey", 1), DOCUMENT_VALUE);
    assert_ok(backup_write_file(&writer, "vendors/c/vendor.vkey", 1));
    assert_fails(backup_write_end(&writer), DOCUMENT_VALUE);
    assert_fails(backup_write_file(&writer, "vendors/d/vendor.vkey", 1), DOCUMENT_VALUE);
    assert_fails(backup_write_bytes(&writer, slice_of("vv")), DOCUMENT_VALUE);
}

/* A file whose checksums hold, and whose `from` is `to`. */
static void forge(const char *from, const char *to, struct buffer *out)
{
    static const char sections[][80] = {"aval backup v1\nhost " HOST "\nmade 2026-11-22T09:00:00Z\nkeys no\n",
                                        "file host 1\nx", "file vendors/a/vendor.vkey 0\n", "end 2\n"};
    struct hash check = {.bytes = {0}};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        char text[512];
        char base64[BASE64_LENGTH(HASH_SIZE) + 1];
        const char *const at = strstr(sections[i], from);
        if (at == NULL)
            (void)snprintf(text, sizeof text, "%s", sections[i]);
        else
            (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - sections[i]), sections[i], to, at + strlen(from));
        const struct slice parts[] = {slice_make(check.bytes, HASH_SIZE), slice_of(text)};
        check = hash_of_parts(parts, 2);
        base64_write(check.bytes, HASH_SIZE, base64);
        buffer_printf(out, "%scheck %s\n", text, base64);
    }
    assert_ok(buffer_status(out));
}

static void a_file_with_good_checksums_must_be_good_itself(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"host kms", "host -kms"},
        {"host kms.uni.example\n", ""},
        {"made 2026", "made 1926-"},
        {"keys no", "keys maybe"},
        {"file host 1", "file host 2"},
        {"file host 1\nx", "file host 0\nx"},
        {"file host 1\nx", "file host 01\nx"},
        {"file host 1\nx", "file host\nx"},
        {"file host 1\nx", "file vendors/b/vendor.vkey 1\nx"},
        {"file host", "file ../host"},
        {"file host", "files host"},
        {"file host 1", "file host 1048577"},
        {"vendors/a/vendor.vkey 0", "host 0"},
        {"end 2", "end 1"},
        {"end 2", "end"},
        {"end 2\n", "end 2\n\n"},
    };
    CLEANUP_BUFFER struct buffer out = buffer_make(FILE_MAX);
    forge("nothing", "", &out);
    assert_int_equal(outcome_of(buffer_slice(&out)), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buffer_clear(&out);
        forge(bad[i][0], bad[i][1], &out);
        if (outcome_of(buffer_slice(&out)) != ERR_BACKUP_DAMAGED)
            fail_msg("%s instead of %s is taken", bad[i][1], bad[i][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_reads_back),
        cmocka_unit_test(files_of_many_blocks_read_back_whatever_pieces_they_came_in),
        cmocka_unit_test(a_flipped_bit_or_a_cut_is_noticed),
        cmocka_unit_test(what_is_no_backup_is_told_from_a_damaged_one),
        cmocka_unit_test(only_files_of_a_host_have_a_place_in_it),
        cmocka_unit_test(a_writer_refuses_what_its_reader_would),
        cmocka_unit_test(a_file_with_good_checksums_must_be_good_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
