/* Which hosts are asked, in which order, and how long: the pure parts. */
#include "hosts/budget.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <cmocka.h>

enum { BEGIN = 5000, WHOLE = 10000 };

/* Each is silent for as long as it is let. */
static void silent_hosts_leave_their_share_to_those_behind_them(void **state)
{
    (void)state;
    for (size_t hosts = 1; hosts <= 16; hosts++) {
        struct budget budget = budget_begin(BEGIN, WHOLE);
        int64_t now = BEGIN;
        for (size_t waiting = hosts; waiting > 0; waiting--) {
            budget_share(&budget, now, waiting);
            assert_in_range(budget_left(&budget, now), SHARE_LEAST_MS, WHOLE);
            now += budget_left(&budget, now);
        }
        assert_int_equal(now, BEGIN + WHOLE);
        budget_share(&budget, now, 1);
        assert_int_equal(budget_left(&budget, now), 0);
    }
}

static void a_share_is_what_is_left_by_those_who_wait(void **state)
{
    static const struct {
        int64_t passed;
        size_t waiting;
        unsigned share;
    } rows[] = {
        {0, 1, 10000},  {0, 4, 2500},    {0, 20, 500}, /* the least */
        {0, 21, 500},   {5000, 2, 2500},               /* what the first did not use is shared by the others */
        {9000, 4, 500}, {9700, 4, 300},                /* no more than there is */
        {10000, 4, 0},  {60000, 1, 0},   {-1, 1, 10001},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct budget budget = budget_begin(BEGIN, WHOLE);
        budget_share(&budget, BEGIN + rows[i].passed, rows[i].waiting);
        assert_int_equal(budget_left(&budget, BEGIN + rows[i].passed), rows[i].share);
    }
}

static void before_anybody_has_a_share_all_of_the_time_is_there(void **state)
{
    (void)state;
    const struct budget budget = budget_begin(BEGIN, UINT_MAX);
    assert_int_equal(budget_left(&budget, BEGIN), UINT_MAX);
    assert_int_equal(budget_left(&budget, BEGIN - 1), UINT_MAX);
    assert_int_equal(budget_left(&budget, BEGIN + 1), UINT_MAX - 1);
    assert_int_equal(budget_left(&budget, BEGIN + (int64_t)UINT_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_hosts_leave_their_share_to_those_behind_them),
        cmocka_unit_test(a_share_is_what_is_left_by_those_who_wait),
        cmocka_unit_test(before_anybody_has_a_share_all_of_the_time_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
