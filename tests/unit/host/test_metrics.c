/* What a host counts: one row for each figure, and each code of denial for itself. */
#include "host/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_row_is_found_by_name_and_shows_its_own_figure(void **state)
{
    (void)state;
    struct metrics metrics = {0};
    uint64_t number = 0;
#define X(name, kind, unit, help) metrics.name = ++number;
    METRICS(X)
#undef X
    size_t count;
    const struct metric_info *const rows = metrics_table(&count);
    assert_int_equal(count, number);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(metrics_value(&metrics, &rows[i]), i + 1);
        assert_true(strlen(rows[i].name) > 0 && strlen(rows[i].unit) > 0 && strlen(rows[i].help) > 0);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(rows[i].name, rows[other].name);
    }
}

static void each_code_of_the_table_is_counted_apart(void **state)
{
    (void)state;
    struct metrics metrics = {0};
    size_t count;
    const struct error_info *const codes = error_table(&count);
    assert_int_equal(count, METRICS_DENIALS);
    for (size_t i = 0; i < count; i++)
        for (size_t times = 0; times <= i; times++)
            metrics_count_denial(&metrics, codes[i].code);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(metrics_denials(&metrics, codes[i].code), i + 1);
}

static void a_code_beyond_the_table_counts_as_a_bug(void **state)
{
    (void)state;
    struct metrics metrics = {0};
    metrics_count_denial(&metrics, (enum error_code)60000);
    assert_int_equal(metrics_denials(&metrics, ERR_INTERNAL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_found_by_name_and_shows_its_own_figure),
        cmocka_unit_test(each_code_of_the_table_is_counted_apart),
        cmocka_unit_test(a_code_beyond_the_table_counts_as_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
