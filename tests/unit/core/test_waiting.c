/* When a machine asks by itself again: spread, but within bounds. */
#include "core/rules/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = UINT16_MAX };

static void a_renewal_comes_up_to_an_eighth_sooner_and_never_later(void **state)
{
    (void)state;
    static const struct {
        seconds after;
        uint16_t draw;
        seconds waits;
    } rows[] = {
        {7 * DAY, 0, 7 * DAY},
        {7 * DAY, 1 << 15, 7 * DAY - 7 * DAY / 16},
        {7 * DAY, MOST, 7 * DAY - 7 * DAY / 8 + 2},
        {3 * MINUTE, MOST, 3 * MINUTE - 21},
        {0, MOST, 0},
        {7, MOST, 7},
        {TIME_MAX, 0, TIME_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(waiting_renewal(rows[i].after, rows[i].draw), rows[i].waits);
    assert_in_range(waiting_renewal(TIME_MAX, MOST), TIME_MAX / 8 * 7, TIME_MAX);
}

static void a_denial_is_kept_to_and_at_most_an_eighth_is_added(void **state)
{
    (void)state;
    assert_int_equal(waiting_denied(2 * HOUR, 0), 2 * HOUR);
    assert_int_equal(waiting_denied(2 * HOUR, 1 << 15), 2 * HOUR + 450);
    assert_in_range(waiting_denied(2 * HOUR, MOST), 2 * HOUR + 899, 2 * HOUR + 900);
    assert_int_equal(waiting_denied(1, MOST), 1);
}

static void who_does_not_answer_is_left_alone_for_longer_each_time_and_not_for_ever(void **state)
{
    (void)state;
    static const struct {
        struct unanswered unanswered;
        seconds waits;
    } rows[] = {
        {{2 * HOUR, 1, 0}, 2 * HOUR},
        {{2 * HOUR, 2, 0}, 4 * HOUR},
        {{2 * HOUR, 3, 0}, 4 * HOUR},
        {{2 * HOUR, UINT64_MAX, 0}, 4 * HOUR},
        {{2 * HOUR, 1, 100 * DAY}, 2 * HOUR},
        {{2 * HOUR, 4, 100 * DAY}, 16 * HOUR},
        {{2 * HOUR, 5, 100 * DAY}, DAY},
        {{2 * HOUR, 100, 100 * DAY}, DAY},
        {{2 * HOUR, 100, 2 * DAY}, 12 * HOUR}, /* a quarter of what is left */
        {{2 * HOUR, 1, 2 * HOUR}, HOUR / 2},
        {{2 * HOUR, 9, 100}, MINUTE}, /* and not at each moment of the last minutes */
        {{2 * HOUR, 9, 1}, MINUTE},
        {{30, 1, 1}, 30},
        {{30, 3, 0}, 120},
        {{0, 3, 0}, 0},
        {{3 * DAY, 1, 100 * DAY}, 3 * DAY}, /* the license says so */
        {{3 * DAY, 7, 100 * DAY}, 3 * DAY},
        {{3 * DAY, 7, 0}, 3 * DAY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const seconds waits = waiting_unanswered(&rows[i].unanswered, 0);
        if (waits != rows[i].waits)
            fail_msg("row %zu: %lld", i, (long long)waits);
        const seconds most = waiting_unanswered(&rows[i].unanswered, MOST);
        assert_in_range(most, rows[i].waits, rows[i].waits + rows[i].waits / 8);
    }
    assert_in_range(waiting_unanswered(&(struct unanswered){2 * HOUR, 1, 0}, MOST), 2 * HOUR + 899, 2 * HOUR + 900);
}

/* A thousand machines that were imaged in one hour renew at most so many in any hour of their day. */
static void machines_of_one_image_do_not_renew_together(void **state)
{
    (void)state;
    enum { MACHINES = 1000, HOURS = 200 };
    unsigned hours[HOURS] = {0};
    unsigned most = 0;
    for (unsigned i = 0; i < MACHINES; i++) {
        const seconds imaged = (seconds)i * HOUR / MACHINES;
        const uint16_t draw = (uint16_t)(i * 40503u);
        hours[(imaged + waiting_renewal(7 * DAY, draw)) / HOUR]++;
    }
    for (unsigned i = 0; i < HOURS; i++)
        most = hours[i] > most ? hours[i] : most;
    assert_in_range(most, 1, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renewal_comes_up_to_an_eighth_sooner_and_never_later),
        cmocka_unit_test(a_denial_is_kept_to_and_at_most_an_eighth_is_added),
        cmocka_unit_test(who_does_not_answer_is_left_alone_for_longer_each_time_and_not_for_ever),
        cmocka_unit_test(machines_of_one_image_do_not_renew_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
