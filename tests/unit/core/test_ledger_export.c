/* Exports of a ledger: read in pieces of any size, the same bytes written again, and everything else refused. */
#include "core/tlog/export.h"
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_MAX = 48 * 1024 };

static struct export_header make_header(uint64_t from, uint64_t to)
{
    struct export_header header = {.origin = "kms.uni.example/acme.example", .from = from, .to = to};
    header.frontier.size = from;
    for (unsigned l = 0; l < FRONTIER_MAX; l++)
        if (from >> l & 1)
            header.frontier.levels[l] = hash_of(slice_make(&l, sizeof l));
    return header;
}

/* Leaf number i: i bytes, of which many are newlines. */
static struct slice make_leaf(uint64_t i)
{
    static uint8_t bytes[LEAF_MAX];
    memset(bytes, '\n', sizeof bytes);
    bytes[0] = (uint8_t)i;
    return slice_make(bytes, i % (LEAF_MAX + 1));
}

#define NOTE "kms.uni.example/acme.example\n7\nroot\n\n-- signature\n"

static void make_file(uint64_t from, uint64_t to, struct buffer *out)
{
    const struct export_header header = make_header(from, to);
    export_header_write(&header, out);
    for (uint64_t i = from; i < to; i++)
        export_leaf_write(make_leaf(i), out);
    export_end_write(slice_of(NOTE), out);
    assert_true(is_ok(buffer_status(out)));
}

/* Hands out all parts there are and writes them again. */
static RESULT copy_parts(struct export_reader *reader, uint64_t *expected_index, struct buffer *again)
{
    for (;;) {
        enum export_part part = EXPORT_MORE;
        struct slice bytes = {0};
        TRY(export_reader_next(reader, &part, &bytes));
        if (part == EXPORT_MORE)
            return RESULT_OK;
        if (part == EXPORT_HEADER) {
            export_header_write(&reader->header, again);
            *expected_index = reader->header.from;
        } else if (part == EXPORT_LEAF) {
            assert_true(reader->index == *expected_index);
            ++*expected_index;
            export_leaf_write(bytes, again);
        } else {
            export_end_write(bytes, again);
        }
    }
}

/* Reads the file in pieces of that size; what is read is written to `again`. */
static RESULT copy_export(struct slice file, size_t piece, struct buffer *again)
{
    __attribute__((cleanup(export_reader_free))) struct export_reader reader;
    export_reader_begin(&reader);
    uint64_t index = 0;
    for (size_t at = 0; at < file.size; at += piece) {
        const size_t size = file.size - at < piece ? file.size - at : piece;
        TRY(export_reader_add(&reader, slice_make(file.data + at, size)));
        TRY(copy_parts(&reader, &index, again));
    }
    return export_reader_finish(&reader);
}

static void an_export_is_read_in_pieces_of_any_size_and_written_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t from;
        uint64_t to;
    } stretches[] = {
        {0, 0}, {0, 1}, {0, 9}, {7, 7}, {6, 20}, {4094, 4097}, {UINT64_C(1) << 61, (UINT64_C(1) << 61) + 2}};
    for (size_t i = 0; i < sizeof stretches / sizeof stretches[0]; i++) {
        CLEANUP_BUFFER struct buffer file = buffer_make(FILE_MAX);
        make_file(stretches[i].from, stretches[i].to, &file);
        for (size_t piece = 1; piece <= file.size; piece += piece < 64 ? 1 : file.size / 16) {
            CLEANUP_BUFFER struct buffer again = buffer_make(FILE_MAX);
            assert_true(is_ok(copy_export(buffer_slice(&file), piece, &again)));
            assert_true(slice_equal(buffer_slice(&file), buffer_slice(&again)));
        }
    }
}

static bool accepted(void *context, struct slice mutant)
{
    (void)context;
    CLEANUP_BUFFER struct buffer again = buffer_make(FILE_MAX);
    return is_ok(copy_export(mutant, mutant.size + 1, &again));
}

static void an_export_that_was_cut_short_is_refused_wherever_it_ends(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer file = buffer_make(FILE_MAX);
    make_file(5, 12, &file);
    assert_int_equal(mutate_each_truncation(buffer_slice(&file), accepted, NULL), 0);
}

static bool accepted_as_another(void *context, struct slice mutant)
{
    (void)context;
    CLEANUP_BUFFER struct buffer again = buffer_make(FILE_MAX);
    return is_ok(copy_export(mutant, 7, &again)) && !slice_equal(mutant, buffer_slice(&again));
}

static void whatever_is_read_has_one_spelling(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer file = buffer_make(FILE_MAX);
    make_file(5, 12, &file);
    assert_int_equal(mutate_each_bit(buffer_slice(&file), accepted_as_another, NULL), 0);
}

#define TYPE   "aval ledger-export v1\n"
#define ORIGIN "origin a/b\n"
#define NODE   "node AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define EMPTY  TYPE ORIGIN "from 0\nto 0\n\n"
#define ONE    TYPE ORIGIN "from 0\nto 1\n\n"
#define END    "checkpoint 0\n"

static const struct {
    const char *text;
    enum error_code code;
    unsigned line;
} bad[] = {
    {"", ERR_TEXT_TRUNCATED, 0},
    {"aval lease v1\n", ERR_DOCUMENT_TYPE, 1},
    {"x", ERR_DOCUMENT_TYPE, 1},
    {"aval ledger-export v2\norigin a/b\n\n", ERR_DOCUMENT_VERSION, 1},
    {"aval ledger-export v10\norigin a/b\n\n", ERR_DOCUMENT_VERSION, 1},
    {TYPE "from 0\nto 0\n\n" END, ERR_DOCUMENT_MISSING_KEY, 2},
    {TYPE "origin \nfrom 0\nto 0\n\n" END, ERR_DOCUMENT_VALUE, 2},
    {TYPE "origin a\tb\nfrom 0\nto 0\n\n" END, ERR_DOCUMENT_VALUE, 2},
    {TYPE "origin \tb\nfrom 0\nto 0\n\n" END, ERR_DOCUMENT_VALUE, 2},
    {TYPE "origin a\nfrom 0\nto 0\n\nleaf 0\n", ERR_DOCUMENT_MISSING_KEY, 0},
    {TYPE "origin \xff\nfrom 0\nto 0\n\n" END, ERR_DOCUMENT_VALUE, 2},
    {TYPE ORIGIN "to 0\nfrom 0\n\n" END, ERR_DOCUMENT_MISSING_KEY, 3},
    {TYPE ORIGIN "from 00\nto 0\n\n" END, ERR_DOCUMENT_VALUE, 3},
    {TYPE ORIGIN "from -1\nto 0\n\n" END, ERR_DOCUMENT_VALUE, 3},
    {TYPE ORIGIN "from 0\nto 4611686018427387905\n\n" END, ERR_DOCUMENT_VALUE, 4},
    {TYPE ORIGIN "from 1\nto 0\n" NODE "\n" END, ERR_DOCUMENT_VALUE, 4},
    {TYPE ORIGIN "from 1\nto 1\n\n" END, ERR_DOCUMENT_MISSING_KEY, 5},
    {TYPE ORIGIN "from 3\nto 3\n" NODE "\n" END, ERR_DOCUMENT_MISSING_KEY, 6},
    {TYPE ORIGIN "from 1\nto 1\nnode AAAA\n\n" END, ERR_BASE64, 5},
    {TYPE ORIGIN "from 0\nto 0\n" NODE "\n" END, ERR_TEXT_TRAILING, 5},
    {TYPE ORIGIN "from 1\nto 1\n" NODE NODE "\n" END, ERR_TEXT_TRAILING, 6},
    {EMPTY "leaf 0\n", ERR_DOCUMENT_MISSING_KEY, 0},
    {EMPTY END "x", ERR_TEXT_TRAILING, 0},
    {EMPTY "checkpoint 1\nab", ERR_TEXT_TRAILING, 0},
    {EMPTY "checkpoint 2\na", ERR_TEXT_TRUNCATED, 0},
    {EMPTY "checkpoint 01\na", ERR_DOCUMENT_VALUE, 0},
    {EMPTY "checkpoint 132097\n", ERR_TEXT_TOO_LONG, 0},
    {EMPTY "checkpoint 00000000000000000000000000000000000\n", ERR_DOCUMENT_MISSING_KEY, 0},
    {ONE END, ERR_DOCUMENT_MISSING_KEY, 0},
    {ONE "leaf 0\n", ERR_TEXT_TRUNCATED, 0},
    {ONE "leaf 10241\n", ERR_TEXT_TOO_LONG, 0},
    {ONE "leaf 18446744073709551616\n", ERR_DOCUMENT_VALUE, 0},
    {ONE "leaf\n", ERR_DOCUMENT_MISSING_KEY, 0},
    {ONE "leaf 1\n\nleaf 0\n" END, ERR_DOCUMENT_MISSING_KEY, 0},
};

static void a_bad_export_is_refused_with_its_error_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (size_t piece = 1; piece <= EXPORT_PIECE_MAX; piece += EXPORT_PIECE_MAX - 1) {
            CLEANUP_BUFFER struct buffer again = buffer_make(FILE_MAX);
            const struct result result = copy_export(slice_of(bad[i].text), piece, &again);
            if (result_code(result) != bad[i].code || result_place(result) != bad[i].line)
                fail_msg("row %zu: %s at %u", i, error_info(result_code(result))->name, result_place(result));
        }
}

static void bytes_after_the_end_are_refused_when_they_come_later(void **state)
{
    (void)state;
    __attribute__((cleanup(export_reader_free))) struct export_reader reader;
    export_reader_begin(&reader);
    CLEANUP_BUFFER struct buffer again = buffer_make(FILE_MAX);
    uint64_t index = 0;
    assert_true(is_ok(export_reader_add(&reader, slice_of(EMPTY END))));
    assert_true(is_ok(copy_parts(&reader, &index, &again)));
    assert_true(is_ok(export_reader_finish(&reader)));
    assert_true(is_ok(export_reader_add(&reader, slice_make(NULL, 0))));
    assert_int_equal(result_code(export_reader_add(&reader, slice_of("\n"))), ERR_TEXT_TRAILING);
}

static void a_header_without_end_is_refused_before_it_fills_memory(void **state)
{
    (void)state;
    static char text[EXPORT_PIECE_MAX];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; TYPE[i] != '\0'; i++)
        text[i] = TYPE[i];
    CLEANUP_BUFFER struct buffer again = buffer_make(FILE_MAX);
    assert_int_equal(result_code(copy_export(slice_make(text, sizeof text), 100, &again)), ERR_TEXT_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_is_read_in_pieces_of_any_size_and_written_back),
        cmocka_unit_test(an_export_that_was_cut_short_is_refused_wherever_it_ends),
        cmocka_unit_test(whatever_is_read_has_one_spelling),
        cmocka_unit_test(a_bad_export_is_refused_with_its_error_and_line),
        cmocka_unit_test(bytes_after_the_end_are_refused_when_they_come_later),
        cmocka_unit_test(a_header_without_end_is_refused_before_it_fills_memory),
    };
    return cmocka_run_group_tests_name("ledger_export", tests, NULL, NULL);
}
