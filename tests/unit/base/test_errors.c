/* The table of errors is what every program, document and wire speaks: it must be whole. */
#include "base/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void codes_ascend_and_names_are_unique(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(table[i].code > 0 && table[i].code <= 0xffff);
        assert_true(i == 0 || table[i].code > table[i - 1].code);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(table[i].name, table[k].name);
    }
}

static void names_are_small_words_with_hyphens(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strspn(table[i].name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(table[i].name));
        assert_true(strlen(table[i].name) >= 3 && strlen(table[i].name) < 64);
    }
}

static void sentences_begin_in_capitals_and_end_in_a_period(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *sentence = table[i].sentence;
        const size_t length = strlen(sentence);
        if (length < 10 || sentence[0] < 'A' || sentence[0] > 'Z' || sentence[length - 1] != '.' ||
            strchr(sentence, '\n') != NULL || strstr(sentence, "  ") != NULL)
            fail_msg("%s: %s", table[i].name, sentence);
    }
}

static void every_error_has_a_category_an_http_status_and_an_exit_status(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    for (size_t i = 0; i < count; i++) {
        assert_true(table[i].category != CATEGORY_NONE);
        assert_true(strlen(error_category_name(table[i].category)) > 0);
        assert_true(table[i].http_status >= 400 && table[i].http_status <= 599);
        assert_true(table[i].exit_status > EXIT_FINE && table[i].exit_status < 64);
    }
}

static void an_error_is_found_by_code_and_by_name(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(error_info(table[i].code), &table[i]);
        assert_ptr_equal(error_by_name(table[i].name), &table[i]);
    }
    assert_null(error_by_name("no-such-error"));
    assert_null(error_by_name(""));
    assert_int_equal(error_info((enum error_code)0xfffe)->code, ERR_INTERNAL);
    assert_int_equal(error_info(OK)->code, ERR_INTERNAL);
}

static void a_result_carries_its_code_and_its_place(void **state)
{
    (void)state;
    const struct result failure = FAIL_AT(DOCUMENT_VALUE, 12);
    assert_false(is_ok(failure));
    assert_int_equal(result_code(failure), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_place(failure), 12);
    assert_int_equal(result_place(result_at(failure, 65535)), 65535);
    assert_int_equal(result_place(result_at(failure, 65536)), 0);
    assert_int_equal(result_code(result_at(failure, 65536)), ERR_DOCUMENT_VALUE);
    assert_true(is_ok(result_at(RESULT_OK, 5)));
    assert_int_equal(result_place(FAIL(DOCUMENT_VALUE)), 0);
    assert_int_equal(result_code(FAIL_CODE(ERR_BASE64)), ERR_BASE64);
}

static RESULT twice(bool first, bool second)
{
    TRY(first ? RESULT_OK : FAIL(BASE64));
    ENSURE(second, KEY_FORM);
    return RESULT_OK;
}

static void the_first_failure_is_handed_on(void **state)
{
    (void)state;
    assert_true(is_ok(twice(true, true)));
    assert_int_equal(result_code(twice(false, false)), ERR_BASE64);
    assert_int_equal(result_code(twice(true, false)), ERR_KEY_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_ascend_and_names_are_unique),
        cmocka_unit_test(names_are_small_words_with_hyphens),
        cmocka_unit_test(sentences_begin_in_capitals_and_end_in_a_period),
        cmocka_unit_test(every_error_has_a_category_an_http_status_and_an_exit_status),
        cmocka_unit_test(an_error_is_found_by_code_and_by_name),
        cmocka_unit_test(a_result_carries_its_code_and_its_place),
        cmocka_unit_test(the_first_failure_is_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
