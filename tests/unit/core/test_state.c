/* States and how they follow each other: each row of the table, by each way that time and leases can go. */
#include "core/rules/clock.h"
#include "core/rules/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T     CLOCK_EARLIEST
#define GRACE (30 * DAY)

static void states_follow_from_what_is_known(void **state)
{
    (void)state;
    static const struct {
        struct standing standing;
        enum machine_state state;
        seconds until;
    } rows[] = {
        /* grace, first run, lease, expires, now */
        {{GRACE, 0, LEASE_NONE, 0, T}, STATE_UNLICENSED, 0},
        {{0, T, LEASE_NONE, 0, T}, STATE_UNLICENSED, 0},
        {{GRACE, T, LEASE_NONE, 0, T}, STATE_GRACE, T + GRACE},
        {{GRACE, T, LEASE_NONE, 0, T - 1 + GRACE}, STATE_GRACE, T + GRACE},
        {{GRACE, T, LEASE_NONE, 0, T + GRACE}, STATE_NOTIFICATION, 0},
        {{GRACE, T + 5 * HOUR, LEASE_NONE, 0, T + HOUR}, STATE_GRACE, T + 5 * HOUR + GRACE},
        {{GRACE, T + 5 * HOUR + 1, LEASE_NONE, 0, T + HOUR}, STATE_GRACE, T + HOUR + GRACE},
        {{GRACE, TIME_MAX, LEASE_NONE, 0, T}, STATE_GRACE, T + GRACE},
        {{0, TIME_MAX, LEASE_NONE, 0, T}, STATE_UNLICENSED, 0},
        {{GRACE, 0, LEASE_NONE, 0, 0}, STATE_GRACE, GRACE},
        {{GRACE, 0, LEASE_NONE, 0, T - 1}, STATE_GRACE, T - 1 + GRACE},
        {{GRACE, 1000, LEASE_NONE, 0, T - 1}, STATE_GRACE, T - 1 + GRACE},
        {{GRACE, T, LEASE_NONE, 0, 0}, STATE_GRACE, GRACE},
        {{0, 0, LEASE_NONE, 0, 0}, STATE_UNLICENSED, 0},
        {{GRACE, T, LEASE_DOUBTED, T + 9000, T}, STATE_UNLICENSED, 0},
        {{GRACE, T, LEASE_DOUBTED, T + 9000, 0}, STATE_UNLICENSED, 0},
        {{GRACE, T, LEASE_HELD, T + 9000, T + 8999}, STATE_LICENSED, T + 9000},
        {{GRACE, T, LEASE_HELD, T + 9000, 0}, STATE_LICENSED, T + 9000},
        {{GRACE, T, LEASE_HELD, T + 9000, T + 9000}, STATE_EXPIRED_GRACE, T + 9000 + 30 * DAY},
        {{GRACE, T, LEASE_HELD, T + 9000, T + 8999 + 30 * DAY}, STATE_EXPIRED_GRACE, T + 9000 + 30 * DAY},
        {{GRACE, T, LEASE_HELD, T + 9000, T + 9000 + 30 * DAY}, STATE_NOTIFICATION, 0},
        {{0, 0, LEASE_HELD, T + 9000, T}, STATE_LICENSED, T + 9000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct evaluation evaluation = evaluate(&rows[i].standing);
        if (evaluation.state != rows[i].state || evaluation.until != rows[i].until)
            fail_msg("row %zu: %s", i, machine_state_name(evaluation.state));
    }
}

static void the_first_run_is_written_down_once_and_anew_where_it_lies_ahead(void **state)
{
    (void)state;
    static const struct {
        seconds first_run;
        seconds now;
        bool due;
    } rows[] = {
        {0, T, true},  {0, T - 1, false},         {0, 0, false},
        {T, T, false}, {T, T + 100 * DAY, false}, {T + CLOCK_TOLERANCE, T, false},
        {T, 0, false}, {TIME_MAX, T - 1, false},  {T + CLOCK_TOLERANCE + 1, T, true},
        {1, T, false}, {TIME_MAX, T + DAY, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(first_run_is_due(&(struct standing){.first_run = rows[i].first_run, .now = rows[i].now}),
                         rows[i].due);
}

static bool is_listed(enum machine_state from, enum machine_state to, bool *met)
{
    for (size_t i = 0; i < state_transition_count; i++)
        if (state_transitions[i].from == from && state_transitions[i].to == to)
            return met[i] = true;
    return false;
}

/* Every state that can be, beside every other one that can be of the same product a moment or a year later. */
static void every_change_of_state_is_in_the_table_and_nothing_else_is(void **state)
{
    (void)state;
    static const seconds graces[] = {0, DAY, 300 * DAY};
    static const seconds first_runs[] = {0, T, T + 200 * DAY};
    static const seconds ends[] = {T + 5 * DAY, T + 100 * DAY};
    static const seconds nows[] = {0, T, T + DAY, T + 6 * DAY, T + 50 * DAY, T + 110 * DAY, T + 400 * DAY};
    enum { MOST = 3 * 3 * 3 * 2 * 7 };
    static struct evaluation met[MOST];
    bool listed[64] = {false};
    size_t count = 0;
    for (size_t g = 0; g < 3; g++)
        for (size_t f = 0; f < 3; f++)
            for (unsigned lease = LEASE_NONE; lease <= LEASE_HELD; lease++)
                for (size_t e = 0; e < 2; e++)
                    for (size_t n = 0; n < 7; n++)
                        met[count++] = evaluate(
                            &(struct standing){graces[g], first_runs[f], (enum lease_standing)lease, ends[e], nows[n]});
    assert_in_range(state_transition_count, 1, sizeof listed);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (met[i].state != met[j].state && !is_listed(met[i].state, met[j].state, listed))
                fail_msg("%s to %s", machine_state_name(met[i].state), machine_state_name(met[j].state));
    for (size_t i = 0; i < state_transition_count; i++) {
        assert_true(listed[i]);
        assert_int_not_equal(state_transitions[i].from, state_transitions[i].to);
        for (size_t before = 0; before < i; before++)
            assert_false(state_transitions[before].from == state_transitions[i].from &&
                         state_transitions[before].to == state_transitions[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_from_what_is_known),
        cmocka_unit_test(the_first_run_is_written_down_once_and_anew_where_it_lies_ahead),
        cmocka_unit_test(every_change_of_state_is_in_the_table_and_nothing_else_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
