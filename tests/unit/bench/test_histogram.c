/* The load generator's quantiles are exact to one per cent, whatever was counted. */
#include "bench/load/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct histogram));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* Within one per cent of `wanted`. */
static void assert_near(uint64_t value, uint64_t wanted)
{
    const uint64_t apart = value > wanted ? value - wanted : wanted - value;
    if (apart * 100 > wanted)
        fail_msg("%llu is not within one per cent of %llu", (unsigned long long)value, (unsigned long long)wanted);
}

static void an_empty_histogram_has_quantiles_of_zero(void **state)
{
    assert_int_equal(histogram_quantile(*state, 0.5), 0);
}

static void small_values_are_exact(void **state)
{
    for (uint64_t value = 1; value <= 100; value++)
        histogram_add(*state, value);
    assert_int_equal(histogram_quantile(*state, 0.5), 50);
    assert_int_equal(histogram_quantile(*state, 0.99), 99);
    assert_int_equal(histogram_quantile(*state, 1), 100);
}

static void a_single_value_of_any_size_is_near_every_quantile(void **state)
{
    (void)state;
    for (uint64_t value = 1; value < UINT64_C(1) << 40; value += value / 3 + 1) {
        struct histogram *histogram = calloc(1, sizeof *histogram);
        assert_non_null(histogram);
        histogram_add(histogram, value);
        assert_near(histogram_quantile(histogram, 0.001), value);
        assert_near(histogram_quantile(histogram, 0.999), value);
        free(histogram);
    }
}

static void quantiles_of_a_long_row_are_near(void **state)
{
    enum { VALUES = 100000, UNIT = 1234 };
    for (uint64_t i = 1; i <= VALUES; i++)
        histogram_add(*state, i * UNIT);
    static const double SHARES[] = {0.001, 0.25, 0.5, 0.9, 0.99, 0.999};
    for (size_t i = 0; i < sizeof SHARES / sizeof SHARES[0]; i++)
        assert_near(histogram_quantile(*state, SHARES[i]), (uint64_t)(SHARES[i] * VALUES) * UNIT);
}

static void no_quantile_is_above_the_largest_value(void **state)
{
    histogram_add(*state, 1000003);
    assert_true(histogram_quantile(*state, 1) <= 1000003);
}

static void values_beyond_the_last_bucket_are_still_counted(void **state)
{
    struct histogram *histogram = *state;
    histogram_add(histogram, UINT64_MAX);
    assert_int_equal(histogram->total, 1);
    assert_true(histogram->largest == UINT64_MAX);
    assert_int_equal(histogram->counts[HISTOGRAM_BUCKETS - 1], 1);
}

static void merging_two_is_counting_all_in_one(void **state)
{
    struct histogram *whole = *state;
    struct histogram *parts = calloc(2, sizeof *parts);
    assert_non_null(parts);
    for (uint64_t i = 0; i < 1000; i++) {
        histogram_add(whole, i * i);
        histogram_add(&parts[i % 2], i * i);
    }
    histogram_merge(&parts[0], &parts[1]);
    assert_memory_equal(&parts[0], whole, sizeof *whole);
    free(parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_histogram_has_quantiles_of_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(small_values_are_exact, setup, teardown),
        cmocka_unit_test(a_single_value_of_any_size_is_near_every_quantile),
        cmocka_unit_test_setup_teardown(quantiles_of_a_long_row_are_near, setup, teardown),
        cmocka_unit_test_setup_teardown(no_quantile_is_above_the_largest_value, setup, teardown),
        cmocka_unit_test_setup_teardown(values_beyond_the_last_bucket_are_still_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(merging_two_is_counting_all_in_one, setup, teardown),
    };
    return cmocka_run_group_tests_name("bench/histogram", tests, NULL, NULL);
}
