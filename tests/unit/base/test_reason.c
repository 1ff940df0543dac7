/* The words behind a failure. */
#include "base/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_reason_is_said_with_the_failure_that_it_explains(void **state)
{
    (void)state;
    struct reason reason = {.text = ""};
    const struct result why = reason_say(&reason, FAIL_AT(DOCUMENT_VALUE, 7), "seats %d", -1);
    assert_int_equal(result_code(why), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_place(why), 7);
    assert_string_equal(reason_text(&reason), "seats -1");
    assert_string_equal(reason_or_null(&reason), "seats -1");
}

static void the_last_reason_takes_the_place_of_the_one_before(void **state)
{
    (void)state;
    struct reason reason = {.text = ""};
    result_ignore(reason_say(&reason, FAIL(FILE_READ), "%s", "a long one that was said first"));
    result_ignore(reason_say(&reason, FAIL(FILE_READ), "short"));
    assert_string_equal(reason_text(&reason), "short");
}

static void more_is_put_before_and_behind(void **state)
{
    (void)state;
    struct reason reason = {.text = ""};
    result_ignore(reason_within(&reason, FAIL(FILE_READ), "the key: "));
    assert_null(reason_or_null(&reason));
    result_ignore(reason_say(&reason, FAIL(FILE_READ), "no such file"));
    const struct result why = reason_within(&reason, FAIL(KEY_FORM), "%s: ", "the key");
    reason_add(&reason, " (%d)", 2);
    assert_int_equal(result_code(why), ERR_KEY_FORM);
    assert_string_equal(reason_text(&reason), "the key: no such file (2)");
}

static void nobody_has_to_want_to_know(void **state)
{
    (void)state;
    assert_int_equal(result_code(reason_say(NULL, FAIL(LOCKED), "held")), ERR_LOCKED);
    assert_int_equal(result_code(reason_within(NULL, FAIL(LOCKED), "held")), ERR_LOCKED);
    reason_add(NULL, "more");
    assert_string_equal(reason_text(NULL), "");
    assert_null(reason_or_null(NULL));
}

static void what_does_not_fit_is_cut_off(void **state)
{
    (void)state;
    char long_text[2 * REASON_SIZE];
    memset(long_text, 'w', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    struct reason reason = {.text = ""};
    result_ignore(reason_say(&reason, FAIL(FILE_READ), "%s", long_text));
    assert_int_equal(strlen(reason.text), REASON_SIZE - 1);
    reason_add(&reason, "more");
    result_ignore(reason_within(&reason, FAIL(FILE_READ), "before: "));
    assert_int_equal(strlen(reason.text), REASON_SIZE - 1);
    assert_memory_equal(reason.text, "before: www", 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_is_said_with_the_failure_that_it_explains),
        cmocka_unit_test(the_last_reason_takes_the_place_of_the_one_before),
        cmocka_unit_test(more_is_put_before_and_behind),
        cmocka_unit_test(nobody_has_to_want_to_know),
        cmocka_unit_test(what_does_not_fit_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
