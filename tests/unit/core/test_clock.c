/* Clocks and marks: within the tolerance on either side, and a second beyond it. */
#include "core/rules/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW ((seconds)1795338000) /* 2026-11-22T09:00:00Z */

static void a_clock_shows_what_documents_can_say(void **state)
{
    (void)state;
    static const struct {
        seconds shown;
        seconds said;
    } rows[] = {
        {INT64_MIN, 0},
        {-1, 0},
        {0, 0},
        {1, 1},
        {NOW, NOW},
        {TIME_MAX - 1, TIME_MAX - 1},
        {TIME_MAX, TIME_MAX},
        {TIME_MAX + 1, TIME_MAX},
        {INT64_MAX, TIME_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(clock_bounded(rows[i].shown), rows[i].said);
}

static void clocks_agree_within_four_hours(void **state)
{
    (void)state;
    static const struct {
        seconds apart;
        bool agree;
    } rows[] = {
        {0, true}, {1, true}, {4 * HOUR, true}, {4 * HOUR + 1, false}, {DAY, false}, {TIME_MAX - NOW, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(clock_agrees(NOW, NOW + rows[i].apart), rows[i].agree);
        assert_int_equal(clock_agrees(NOW + rows[i].apart, NOW), rows[i].agree);
    }
    assert_false(clock_agrees(0, TIME_MAX));
    assert_false(clock_agrees(TIME_MAX, 0));
}

static void a_clock_is_behind_what_it_has_shown_only_when_it_was_set_back(void **state)
{
    (void)state;
    static const struct {
        seconds since; /* from the mark to the clock */
        bool behind;
    } rows[] = {
        {365 * DAY, false},    {1, false},   {0, false}, {-1, false}, {-4 * HOUR, false},
        {-4 * HOUR - 1, true}, {-DAY, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(clock_is_behind(NOW + rows[i].since, NOW), rows[i].behind);
    assert_true(clock_is_behind(0, TIME_MAX));
    assert_false(clock_is_behind(TIME_MAX, 0));
}

static void what_has_ended_is_judged_as_of_its_last_second(void **state)
{
    (void)state;
    assert_int_equal(clock_while(NOW, NOW + DAY), NOW);
    assert_int_equal(clock_while(NOW, NOW + 1), NOW);
    assert_int_equal(clock_while(NOW, NOW), NOW - 1);
    assert_int_equal(clock_while(NOW + DAY, NOW), NOW - 1);
}

static void a_clock_is_outvoted_by_most_of_at_least_five(void **state)
{
    (void)state;
    assert_false(clock_is_outvoted(0, 0));
    assert_false(clock_is_outvoted(4, 4));
    assert_false(clock_is_outvoted(5, 2));
    assert_true(clock_is_outvoted(5, 3));
    assert_false(clock_is_outvoted(6, 3));
    assert_true(clock_is_outvoted(6, 4));
    assert_true(clock_is_outvoted(UINT64_MAX, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_shows_what_documents_can_say),
        cmocka_unit_test(a_clock_is_outvoted_by_most_of_at_least_five),
        cmocka_unit_test(clocks_agree_within_four_hours),
        cmocka_unit_test(a_clock_is_behind_what_it_has_shown_only_when_it_was_set_back),
        cmocka_unit_test(what_has_ended_is_judged_as_of_its_last_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
