/* Files for machines without a network: one spelling within, and around it whatever mail makes of text. */
#include "proto/parcel.h"

#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define WHOLE \
    "aval parcel v1\n" \
    "request " HASH "\n" \
    "license 8\nlicense\n" \
    "answer 7\nanswer\n"
#define BEGIN "-----BEGIN AVAL ANSWER-----\n"
#define END   "-----END AVAL ANSWER-----\n"

static void a_parcel_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct parcel parcel;
    assert_int_equal(parcel_read(slice_of(WHOLE), &parcel).bits, 0);
    assert_int_equal(parcel.request.bytes[31], 31);
    assert_true(slice_is(parcel.license, "license\n"));
    assert_true(slice_is(parcel.answer, "answer\n"));
    struct buffer again CLEANUP_BUFFER = buffer_make(PARCEL_MAX);
    parcel_write(&parcel, &again);
    assert_string_equal(buffer_text(&again), WHOLE);
}

static const struct {
    const char *text;
    enum error_code code;
    unsigned line;
} bad[] = {
    {"", ERR_TEXT_EMPTY, 0},
    {"aval answer v1\n", ERR_DOCUMENT_TYPE, 1},
    {"aval parcel v2\n", ERR_DOCUMENT_VERSION, 1},
    {"aval parcel v1\nlicense 0\n", ERR_DOCUMENT_MISSING_KEY, 2},
    {"aval parcel v1\nrequest AAAA\n", ERR_BASE64, 2},
    {"aval parcel v1\nrequest " HASH "\nanswer 0\n", ERR_DOCUMENT_MISSING_KEY, 3},
    {"aval parcel v1\nrequest " HASH "\nlicense 262145\n", ERR_DOCUMENT_VALUE, 3},
    {"aval parcel v1\nrequest " HASH "\nlicense 0\nanswer 2\na", ERR_TEXT_TRUNCATED, 5},
    {"aval parcel v1\nrequest " HASH "\nlicense 0\nanswer 2\na\nb\n", ERR_TEXT_TRAILING, 6},
};

static void what_is_none_is_refused_with_its_reason_and_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct parcel parcel = {.license = slice_of("untouched")};
        const struct result read = parcel_read(slice_of(bad[i].text), &parcel);
        if (result_code(read) != bad[i].code || result_place(read) != bad[i].line)
            fail_msg("row %zu: %s, line %u", i, is_ok(read) ? "ok" : error_info(result_code(read))->name,
                     result_place(read));
        assert_true(slice_is(parcel.license, "untouched"));
    }
}

static bool accepted_and_canonical(void *context, struct slice mutant)
{
    (void)context;
    struct parcel parcel;
    if (!is_ok(parcel_read(mutant, &parcel)))
        return false;
    struct buffer again CLEANUP_BUFFER = buffer_make(PARCEL_MAX);
    parcel_write(&parcel, &again);
    assert_true(slice_equal(buffer_slice(&again), mutant));
    return false; /* another parcel, in its one spelling; what is within is signed */
}

static void a_changed_parcel_is_refused_or_is_another(void **state)
{
    (void)state;
    assert_int_equal(mutate_each_bit(slice_of(WHOLE), accepted_and_canonical, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(WHOLE), accepted_and_canonical, NULL), 0);
}

/* ---- wrapping ---- */

static void what_is_wrapped_comes_out_as_it_was_at_every_length(void **state)
{
    (void)state;
    uint8_t bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t size = 0; size < sizeof bytes; size++) {
        struct buffer text CLEANUP_BUFFER = buffer_make(WRAPPED_MAX);
        struct buffer content CLEANUP_BUFFER = buffer_make(PARCEL_MAX);
        wrap(WRAPPED_ANSWER, slice_make(bytes, size), &text);
        assert_int_equal(unwrap(WRAPPED_ANSWER, buffer_slice(&text), &content).bits, 0);
        assert_true(slice_equal(buffer_slice(&content), slice_make(bytes, size)));
    }
}

static const struct {
    const char *text;
    const char *content; /* NULL: refused */
    enum error_code code;
    unsigned line;
} wrapped[] = {
    {BEGIN "YWJj\n" END, "abc", OK, 0},
    {"She wrote:\r\n> " BEGIN "> YWJj\r\n>\r\n> " END "> -- \r\n", "abc", OK, 0},
    {"\xef\xbb\xbf" BEGIN "YW\n\tJj  \n" END, "abc", OK, 0},
    {BEGIN END, "", OK, 0},
    {"", NULL, ERR_TEXT_EMPTY, 0},
    {"YWJj\n", NULL, ERR_DOCUMENT_TYPE, 0},
    {"-----BEGIN AVAL INTRODUCTION-----\nYWJj\n-----END AVAL INTRODUCTION-----\n", NULL, ERR_DOCUMENT_TYPE, 0},
    {BEGIN "YWJj\n", NULL, ERR_TEXT_TRUNCATED, 0},
    {END BEGIN "YWJj\n", NULL, ERR_TEXT_TRUNCATED, 0},
    {BEGIN "YWJj\n" END BEGIN "YWJj\n" END, NULL, ERR_DOCUMENT_SEVERAL, 0},
    {BEGIN "YW\nJ?\n" END, NULL, ERR_BASE64, 3},
    {BEGIN "YWJ\n" END, NULL, ERR_BASE64, 0},
    {BEGIN "YR==\n" END, NULL, ERR_BASE64, 0},
    {BEGIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\nAAAA\n" END, NULL, ERR_BASE64, 0},
};

static void what_mail_does_to_it_does_nothing_and_anything_else_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrapped / sizeof *wrapped; i++) {
        struct buffer content CLEANUP_BUFFER = buffer_make(PARCEL_MAX);
        const struct result read = unwrap(WRAPPED_ANSWER, slice_of(wrapped[i].text), &content);
        if (result_code(read) != wrapped[i].code || result_place(read) != wrapped[i].line)
            fail_msg("row %zu: %s, line %u", i, is_ok(read) ? "ok" : error_info(result_code(read))->name,
                     result_place(read));
        if (wrapped[i].content != NULL)
            assert_string_equal(buffer_text(&content), wrapped[i].content);
    }
}

static void a_text_that_is_too_long_is_refused_unread(void **state)
{
    (void)state;
    char *const text = calloc(1, WRAPPED_MAX + 1);
    struct buffer content CLEANUP_BUFFER = buffer_make(PARCEL_MAX);
    assert_non_null(text);
    memset(text, ' ', WRAPPED_MAX + 1);
    assert_int_equal(result_code(unwrap(WRAPPED_ANSWER, slice_make(text, WRAPPED_MAX + 1), &content)),
                     ERR_TEXT_TOO_LONG);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parcel_is_read_as_it_was_written),
        cmocka_unit_test(what_is_none_is_refused_with_its_reason_and_its_line),
        cmocka_unit_test(a_changed_parcel_is_refused_or_is_another),
        cmocka_unit_test(what_is_wrapped_comes_out_as_it_was_at_every_length),
        cmocka_unit_test(what_mail_does_to_it_does_nothing_and_anything_else_is_refused),
        cmocka_unit_test(a_text_that_is_too_long_is_refused_unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
