/* The text cursor: reads from front to back and remembers the first error with its line. */
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void lines_are_read_one_after_the_other(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("one\n\nthree\n"));
    assert_int_equal(cursor.line, 1);
    assert_true(slice_is(cursor_line(&cursor), "one"));
    assert_int_equal(cursor.line, 2);
    assert_true(slice_is(cursor_line(&cursor), ""));
    assert_false(cursor_at_end(&cursor));
    assert_true(slice_is(cursor_line(&cursor), "three"));
    assert_true(cursor_at_end(&cursor));
    assert_true(is_ok(cursor_finish(&cursor)));
}

static void peeking_consumes_nothing_and_never_fails(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("one\ntw"));
    assert_true(slice_is(cursor_peek_line(&cursor), "one"));
    assert_true(slice_is(cursor_peek_line(&cursor), "one"));
    assert_true(slice_is(cursor_line(&cursor), "one"));
    assert_true(slice_is(cursor_peek_line(&cursor), "tw"));
    assert_false(cursor_failed(&cursor));
    struct cursor empty = cursor_make(slice_make(NULL, 0));
    assert_int_equal(cursor_peek_line(&empty).size, 0);
    assert_false(cursor_failed(&empty));
}

static void a_line_without_its_end_is_truncated(void **state)
{
    (void)state;
    static const char *const texts[] = {"one\ntwo", "one\n"};
    for (size_t i = 0; i < 2; i++) {
        struct cursor cursor = cursor_make(slice_of(texts[i]));
        cursor_line(&cursor);
        assert_int_equal(cursor_line(&cursor).size, 0);
        const struct result outcome = cursor_finish(&cursor);
        assert_int_equal(result_code(outcome), ERR_TEXT_TRUNCATED);
        assert_int_equal(result_place(outcome), 2);
    }
}

static void after_an_error_nothing_is_read(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("one\ntwo\nthree\n"));
    cursor_line(&cursor);
    cursor_fail(&cursor, FAIL(BASE64));
    cursor_fail(&cursor, FAIL(KEY_FORM));
    assert_true(cursor_failed(&cursor));
    assert_int_equal(cursor_line(&cursor).size, 0);
    assert_int_equal(cursor_peek_line(&cursor).size, 0);
    assert_int_equal(cursor_rest(&cursor).size, 0);
    cursor_expect(&cursor, "two\n", FAIL(NOTE_FORM));
    const struct result outcome = cursor_finish(&cursor);
    assert_int_equal(result_code(outcome), ERR_BASE64);
    assert_int_equal(result_place(outcome), 2);
}

static void an_error_keeps_the_place_it_came_with(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("one\n"));
    cursor_fail(&cursor, FAIL_AT(BASE64, 7));
    assert_int_equal(result_place(cursor_finish(&cursor)), 7);
}

static void expected_text_is_consumed_and_its_lines_are_counted(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("a\nb\nrest"));
    cursor_expect(&cursor, "a\nb\n", FAIL(NOTE_FORM));
    assert_int_equal(cursor.line, 3);
    assert_true(slice_is(cursor_rest(&cursor), "rest"));
    assert_true(is_ok(cursor_finish(&cursor)));
}

static void unexpected_text_fails_as_asked(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "a\nc\n", "b"};
    for (size_t i = 0; i < 4; i++) {
        struct cursor cursor = cursor_make(slice_of(texts[i]));
        cursor_expect(&cursor, "a\nb\n", FAIL(NOTE_FORM));
        const struct result outcome = cursor_finish(&cursor);
        assert_int_equal(result_code(outcome), ERR_NOTE_FORM);
        assert_int_equal(result_place(outcome), 1);
    }
}

static void after_an_error_nothing_is_expected_and_no_rest_is_left(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("one\ntwo\n"));
    cursor_fail(&cursor, FAIL(BASE64));
    cursor_expect(&cursor, "one\n", FAIL(NOTE_FORM));
    assert_int_equal(cursor.position, 0);
    assert_int_equal(cursor.line, 1);
    assert_int_equal(cursor_rest(&cursor).size, 0);
    assert_int_equal(cursor.position, 0);
    assert_int_equal(result_code(cursor_finish(&cursor)), ERR_BASE64);
}

static void what_is_left_at_the_end_is_an_error(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("one\ntwo\n"));
    cursor_line(&cursor);
    const struct result outcome = cursor_finish(&cursor);
    assert_int_equal(result_code(outcome), ERR_TEXT_TRAILING);
    assert_int_equal(result_place(outcome), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_one_after_the_other),
        cmocka_unit_test(peeking_consumes_nothing_and_never_fails),
        cmocka_unit_test(a_line_without_its_end_is_truncated),
        cmocka_unit_test(after_an_error_nothing_is_read),
        cmocka_unit_test(an_error_keeps_the_place_it_came_with),
        cmocka_unit_test(expected_text_is_consumed_and_its_lines_are_counted),
        cmocka_unit_test(unexpected_text_fails_as_asked),
        cmocka_unit_test(after_an_error_nothing_is_expected_and_no_rest_is_left),
        cmocka_unit_test(what_is_left_at_the_end_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
