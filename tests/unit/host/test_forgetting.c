/* Rows of machines that are of no more use: by which time they go. */
#include "batch_rig.h"

#include <string.h>

#define WEEK (7 * DAY)

enum { GONE = 1, STAYS = 2 }; /* machines */

/* Whether the host has a row of the machine. */
static bool is_known(struct batch_rig *rig, uint64_t machine)
{
    uint32_t license;
    struct machine_row row;
    const struct machine_id id = fixture_machine(machine);
    assert_ok(store_license_find(rig->store, ledger_of(rig)->first, "main", &license, NULL));
    assert_ok(store_machine_get(rig->store, license, &id, &row, NULL));
    return row.record.first_request != 0;
}

/* One machine has a seat and gives it back; another has one. */
static void begin(struct batch_rig *rig)
{
    assert_int_equal(ask_for(rig, GONE, 1), OK);
    assert_int_equal(release_for(rig, GONE, 2), OK);
    assert_int_equal(ask_for(rig, STAYS, 1), OK);
}

/* The other one asks so long after the beginning, if that is not over. */
static void ask_at(struct batch_rig *rig, seconds after)
{
    static uint64_t number = 10;
    const seconds passed = TODAY + after - fixture_now();
    if (passed <= 0)
        return;
    fixture_set_now(TODAY + after);
    rig->milliseconds += passed * 1000;
    assert_int_equal(ask_for(rig, STAYS, number++), OK);
}

/* A batch knows of the leaves before it, and goes by the last but one: that of 14 days ago. Leases last 180 days. */
enum { GOES_AFTER_WEEKS = (180 + 30) / 7 + 3 };

static void pass_weeks(struct batch_rig *rig, seconds weeks)
{
    for (seconds week = 1; week <= weeks; week++)
        ask_at(rig, week * WEEK);
}

static void a_row_goes_thirty_days_after_it_was_of_use(void **state)
{
    struct batch_rig *const rig = *state;
    begin(rig);
    pass_weeks(rig, GOES_AFTER_WEEKS - 1);
    assert_true(is_known(rig, GONE));
    ask_at(rig, GOES_AFTER_WEEKS * WEEK);
    assert_false(is_known(rig, GONE));
    assert_true(is_known(rig, STAYS));
    assert_int_equal(logged(rig, "machines-forgotten"), 1);
    assert_int_equal(ask_for(rig, GONE, 3), OK);
    assert_true(is_known(rig, GONE));
}

static void whoever_holds_a_seat_is_known(void **state)
{
    struct batch_rig *const rig = *state;
    begin(rig);
    pass_weeks(rig, 8);
    assert_int_equal(ask_for(rig, 3, 1), OK);
    pass_weeks(rig, GOES_AFTER_WEEKS);
    assert_false(is_known(rig, GONE));
    assert_true(is_known(rig, 3));
}

/* A host and a machine whose clocks are both ahead, for less than a day: nobody's seat is given to somebody else. */
static void a_clock_that_is_ahead_makes_nobody_forgotten(void **state)
{
    struct batch_rig *const rig = *state;
    begin(rig);
    ask_at(rig, 2 * DAY);
    ask_at(rig, 4 * DAY);
    for (seconds hour = 0; hour < 24; hour++)
        ask_at(rig, 300 * DAY + hour * HOUR);
    assert_true(is_known(rig, GONE));
    fixture_set_now(TODAY + 5 * DAY);
    batch_tend(&rig->engine);
    assert_true(is_known(rig, GONE));
}

/* The host's clock is a year ahead for days, and one machine's, or nobody's; the others show what time it is. */
static void one_machine_that_agrees_with_a_wrong_clock_makes_nobody_forgotten(void **state)
{
    struct batch_rig *const rig = *state;
    begin(rig);
    for (seconds day = 1; day <= 6; day++) {
        fixture_set_now(TODAY + 300 * DAY + day * DAY);
        rig->milliseconds += DAY * 1000;
        assert_int_equal(ask_for(rig, STAYS, 100 + (uint64_t)day), OK);
        for (uint64_t machine = 10; machine < 12; machine++) {
            struct request request = fixture_request(machine, (uint64_t)day);
            struct asked asked;
            request.time = TODAY + day * DAY;
            ask(&asked, machine, &request);
            run(rig, &asked, 1);
            assert_int_equal(code_of(&asked), ERR_CLOCK_APART);
            free_answers(&asked, 1);
        }
    }
    assert_true(is_known(rig, GONE));
}

static void a_look_is_taken_once_a_minute(void **state)
{
    struct batch_rig *const rig = *state;
    begin(rig);
    pass_weeks(rig, 2);
    failing_store_reset();
    for (seconds second = 0; second < 3 * MINUTE; second += 20)
        ask_at(rig, 15 * DAY + second);
    assert_int_equal(failing_store.made[CALL_MACHINES_EXPIRE], 3);
}

static void a_look_that_fails_is_taken_again(void **state)
{
    struct batch_rig *const rig = *state;
    begin(rig);
    pass_weeks(rig, GOES_AFTER_WEEKS - 1);
    failing_store.fails = CALL_MACHINES_EXPIRE;
    ask_at(rig, GOES_AFTER_WEEKS * WEEK);
    failing_store.fails = CALL_NONE;
    assert_true(is_known(rig, GONE));
    ask_at(rig, GOES_AFTER_WEEKS * WEEK + MINUTE);
    assert_false(is_known(rig, GONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BATCH_TEST(a_row_goes_thirty_days_after_it_was_of_use),
        BATCH_TEST(whoever_holds_a_seat_is_known),
        BATCH_TEST(a_clock_that_is_ahead_makes_nobody_forgotten),
        BATCH_TEST(one_machine_that_agrees_with_a_wrong_clock_makes_nobody_forgotten),
        BATCH_TEST(a_look_is_taken_once_a_minute),
        BATCH_TEST(a_look_that_fails_is_taken_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
