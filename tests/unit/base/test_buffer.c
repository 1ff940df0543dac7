/* The growing buffer: never beyond its limit, and an error once met stays. */
#include "base/buffer.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_new_buffer_is_empty(void **state)
{
    (void)state;
    struct buffer buffer CLEANUP_BUFFER = buffer_make(10);
    assert_int_equal(buffer_slice(&buffer).size, 0);
    assert_string_equal(buffer_text(&buffer), "");
    assert_true(is_ok(buffer_status(&buffer)));
}

static void everything_is_appended_in_order(void **state)
{
    (void)state;
    struct buffer buffer CLEANUP_BUFFER = buffer_make(1000);
    buffer_append_text(&buffer, "text ");
    buffer_append(&buffer, "bytes!", 5);
    buffer_append_byte(&buffer, ' ');
    buffer_append_slice(&buffer, slice_of("slice "));
    buffer_append_decimal(&buffer, 0);
    buffer_append_byte(&buffer, ' ');
    buffer_append_decimal(&buffer, UINT64_MAX);
    buffer_append_byte(&buffer, ' ');
    buffer_append_signed(&buffer, INT64_MIN);
    buffer_append_byte(&buffer, ' ');
    buffer_append_signed(&buffer, INT64_MAX);
    buffer_append_byte(&buffer, ' ');
    buffer_append_base64(&buffer, "fo", 2);
    buffer_append_byte(&buffer, ' ');
    buffer_append_hex(&buffer, "\x01\xff", 2);
    buffer_printf(&buffer, " %d-%s", 7, "x");
    assert_true(is_ok(buffer_status(&buffer)));
    assert_string_equal(
        buffer_text(&buffer),
        "text bytes slice 0 18446744073709551615 -9223372036854775808 9223372036854775807 Zm8= 01ff 7-x");
    assert_int_equal(buffer_slice(&buffer).size, strlen(buffer_text(&buffer)));
}

static void appending_nothing_is_allowed(void **state)
{
    (void)state;
    struct buffer buffer CLEANUP_BUFFER = buffer_make(0);
    buffer_append(&buffer, NULL, 0);
    buffer_append_slice(&buffer, slice_make(NULL, 0));
    buffer_append_text(&buffer, "");
    buffer_printf(&buffer, "%s", "");
    buffer_append_base64(&buffer, "", 0);
    buffer_append_hex(&buffer, "", 0);
    assert_true(is_ok(buffer_status(&buffer)));
    assert_string_equal(buffer_text(&buffer), "");
}

static void a_buffer_is_filled_up_to_its_limit_and_not_beyond(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 600; limit++) {
        struct buffer buffer CLEANUP_BUFFER = buffer_make(limit);
        for (size_t i = 0; i < limit; i++)
            buffer_append_byte(&buffer, 'a');
        assert_true(is_ok(buffer_status(&buffer)));
        assert_int_equal(strlen(buffer_text(&buffer)), limit);
        buffer_append_byte(&buffer, 'b');
        assert_int_equal(result_code(buffer_status(&buffer)), ERR_TEXT_TOO_LONG);
        assert_int_equal(buffer_slice(&buffer).size, limit);
    }
}

/* Each way of appending, on a buffer that has no room for it. */
static void an_append_that_does_not_fit_adds_nothing(void **state)
{
    (void)state;
    for (int way = 0; way < 6; way++) {
        struct buffer buffer CLEANUP_BUFFER = buffer_make(3);
        buffer_append_text(&buffer, "ab");
        switch (way) {
        case 0:
            buffer_append_text(&buffer, "cd");
            break;
        case 1:
            buffer_append_decimal(&buffer, 12);
            break;
        case 2:
            buffer_append_base64(&buffer, "x", 1);
            break;
        case 3:
            buffer_append_hex(&buffer, "x", 1);
            break;
        case 4:
            buffer_printf(&buffer, "%d", 12);
            break;
        default:
            buffer_append(&buffer, "cd", SIZE_MAX - 1); /* must be refused before it is looked at */
        }
        assert_int_equal(result_code(buffer_status(&buffer)), ERR_TEXT_TOO_LONG);
        assert_string_equal(buffer_text(&buffer), "ab");
    }
}

static void an_error_stays_until_the_buffer_is_cleared(void **state)
{
    (void)state;
    struct buffer buffer CLEANUP_BUFFER = buffer_make(3);
    buffer_append_text(&buffer, "abcd");
    buffer_append_text(&buffer, "a"); /* would fit */
    assert_int_equal(result_code(buffer_status(&buffer)), ERR_TEXT_TOO_LONG);
    assert_int_equal(buffer_slice(&buffer).size, 0);
    assert_null(buffer_take(&buffer, NULL));
    buffer_clear(&buffer);
    buffer_append_text(&buffer, "a");
    assert_true(is_ok(buffer_status(&buffer)));
    assert_string_equal(buffer_text(&buffer), "a");
}

static void what_is_taken_belongs_to_the_taker(void **state)
{
    (void)state;
    struct buffer buffer CLEANUP_BUFFER = buffer_make(100);
    buffer_append_text(&buffer, "mine");
    size_t size = 0;
    char *taken = buffer_take(&buffer, &size);
    assert_string_equal(taken, "mine");
    assert_int_equal(size, 4);
    free(taken);
    assert_int_equal(buffer_slice(&buffer).size, 0);
    buffer_append_text(&buffer, "next");
    assert_string_equal(buffer_text(&buffer), "next");
}

static void an_empty_buffer_can_be_taken(void **state)
{
    (void)state;
    struct buffer buffer CLEANUP_BUFFER = buffer_make(0);
    size_t size = 9;
    char *taken = buffer_take(&buffer, &size);
    assert_string_equal(taken, "");
    assert_int_equal(size, 0);
    free(taken);
}

static void a_buffer_of_secrets_is_emptied_like_any_other(void **state)
{
    (void)state;
    struct buffer buffer = buffer_make(8);
    secret_buffer_free(&buffer); /* it has no memory yet */
    buffer_append_text(&buffer, "secret");
    secret_buffer_free(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.size, 0);
    buffer_append_text(&buffer, "12345678");
    assert_string_equal(buffer_text(&buffer), "12345678");
    secret_buffer_free(&buffer);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

static void a_cell_of_a_table_is_quoted_and_no_formula(void **state)
{
    (void)state;
    static const char *const cells[][2] = {{"", "\"\""},
                                           {"a, \"b\"", "\"a, \"\"b\"\"\""},
                                           {"=1+1", "\"'=1+1\""},
                                           {"+1", "\"'+1\""},
                                           {"-1", "\"'-1\""},
                                           {"@SUM(A1)", "\"'@SUM(A1)\""},
                                           {"\t=1", "\"?=1\""},
                                           {"\r=1", "\"?=1\""},
                                           {"1=1", "\"1=1\""},
                                           {"\xef\xbc\x9d"
                                            "1",
                                            "\"'\xef\xbc\x9d"
                                            "1\""},
                                           {"a\xe2\x80\xae"
                                            "b",
                                            "\"a?b\""},
                                           {"a\x9b"
                                            "b",
                                            "\"a?b\""},
                                           {"M\xc3\xbcll", "\"M\xc3\xbcll\""}};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(64);
        buffer_append_csv(&out, cells[i][0]);
        assert_string_equal(buffer_text(&out), cells[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_buffer_is_empty),
        cmocka_unit_test(everything_is_appended_in_order),
        cmocka_unit_test(appending_nothing_is_allowed),
        cmocka_unit_test(a_buffer_is_filled_up_to_its_limit_and_not_beyond),
        cmocka_unit_test(an_append_that_does_not_fit_adds_nothing),
        cmocka_unit_test(an_error_stays_until_the_buffer_is_cleared),
        cmocka_unit_test(what_is_taken_belongs_to_the_taker),
        cmocka_unit_test(an_empty_buffer_can_be_taken),
        cmocka_unit_test(a_buffer_of_secrets_is_emptied_like_any_other),
        cmocka_unit_test(a_cell_of_a_table_is_quoted_and_no_formula),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
