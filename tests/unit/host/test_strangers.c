/* New machines against the rates, within batches: what a request beyond them leaves, and who is not affected. */
#include "batch_rig.h"

#include "rates/traces.h"

#include "store/machines.h"
#include "store/operators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1,000 an hour come back. */
static void allow(struct batch_rig *rig, uint64_t address_at_once, uint64_t all_at_once)
{
    const struct new_rates rates = {{address_at_once, 1000}, {all_at_once, 1000}};
    engine_set_rates(&rig->engine, &rates);
}

static struct address at(uint8_t last)
{
    return address_of_ipv4((const uint8_t[]){192, 0, 2, last});
}

static struct denial denial_of(const struct asked *asked)
{
    struct denial denial;
    assert_ok(denial_read(slice_make(asked->job.body, asked->job.body_size), &denial));
    return denial;
}

/* One batch of one request from that address. */
static enum error_code ask_from(struct batch_rig *rig, uint64_t machine, uint64_t number, uint8_t last)
{
    struct asked asked;
    const struct request request = fixture_request(machine, number);
    ask(&asked, machine, &request);
    asked.job.from = at(last);
    run(rig, &asked, 1);
    const enum error_code code = code_of(&asked);
    free_answers(&asked, 1);
    return code;
}

static struct machine_row row_of(struct batch_rig *rig, uint64_t machine)
{
    const struct machine_id id = fixture_machine(machine);
    struct machine_row row;
    uint32_t license;
    assert_ok(store_license_find(rig->store, ledger_of(rig)->first, "main", &license, NULL));
    assert_ok(store_machine_get(rig->store, license, &id, &row, NULL));
    return row;
}

static struct figures figures_of(struct batch_rig *rig)
{
    struct figures figures;
    uint32_t license;
    assert_ok(store_license_find(rig->store, ledger_of(rig)->first, "main", &license, NULL));
    assert_ok(store_figures(rig->store, license, TODAY, &figures, NULL));
    return figures;
}

static bool count_denial(void *context, const struct denial_entry *entry)
{
    (void)entry;
    (*(unsigned *)context)++;
    return true;
}

static unsigned denials_kept(struct batch_rig *rig)
{
    unsigned denials = 0;
    assert_ok(store_denials(rig->store, NULL, 0, 1000, count_denial, &denials, NULL));
    return denials;
}

static void a_new_machine_beyond_the_rate_is_told_the_numbers_and_leaves_nothing(void **state)
{
    struct batch_rig *const rig = *state;
    struct asked asked[BATCH];
    allow(rig, 3, 100);
    for (uint64_t i = 0; i < BATCH; i++) {
        const struct request request = fixture_request(1 + i, 1);
        ask(&asked[i], 1 + i, &request);
    }
    run(rig, asked, BATCH);
    for (size_t i = 0; i < BATCH; i++)
        assert_int_equal(code_of(&asked[i]), i < 3 ? OK : ERR_TOO_MANY_NEW);
    const struct denial denial = denial_of(&asked[3]);
    assert_true(denial.has_rate);
    assert_int_equal(denial.rate_of, RATE_OF_ADDRESS);
    assert_int_equal(denial.at_once, 3);
    assert_int_equal(denial.per_hour, 1000);
    assert_in_range(denial.retry_after, 5 * MINUTE, DAY);
    assert_non_null(strstr(denial.message, "3 new machines at once from one address, and 1000 an hour"));
    free_answers(asked, BATCH);

    assert_int_equal(figures_of(rig).count, 3);
    assert_int_equal(figures_of(rig).held, 3);
    assert_int_equal(row_of(rig, 3).record.requests, 1);
    assert_int_equal(row_of(rig, 4).record.first_request, 0);
    assert_int_equal(ledger_of(rig)->frontier.size, 3);
    assert_int_equal(denials_kept(rig), 0);
    assert_int_equal(logged(rig, "event=denied"), 0);
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_TOO_MANY_NEW), BATCH - 3);
    assert_int_equal(logged(rig, "event=turned-away"), 1);
    assert_int_equal(logged(rig, "too_many_new=5 untold=0 most=192.0.2.7 of_it=5"), 1);
}

static void a_machine_that_is_known_asks_as_ever(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 2, 2);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 2, 1), OK);
    assert_int_equal(ask_for(rig, 3, 1), ERR_TOO_MANY_NEW);
    for (uint64_t number = 2; number < 10; number++)
        assert_int_equal(ask_for(rig, 1, number), OK);
    assert_int_equal(release_for(rig, 2, 2), OK);
    assert_int_equal(ask_for(rig, 2, 3), OK);
}

/* The second finds the row that the first has left in the same batch. */
static void two_requests_of_one_machine_in_a_batch_are_one_new_machine(void **state)
{
    struct batch_rig *const rig = *state;
    struct asked asked[4];
    allow(rig, 2, 2);
    for (uint64_t i = 0; i < 4; i++) {
        const struct request request = fixture_request(1 + i / 2, 1 + i % 2);
        ask(&asked[i], 1 + i / 2, &request);
    }
    run(rig, asked, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(code_of(&asked[i]), OK);
    free_answers(asked, 4);
    assert_int_equal(ask_for(rig, 3, 1), ERR_TOO_MANY_NEW);
}

static void other_addresses_have_their_own_rate_up_to_that_of_all(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 2, 5);
    for (uint64_t i = 0; i < 6; i++) /* 1 1 1 2 2 2 */
        assert_int_equal(ask_from(rig, 1 + i, 1, (uint8_t)(1 + i / 3)), i % 3 < 2 ? OK : ERR_TOO_MANY_NEW);
    assert_int_equal(ask_from(rig, 7, 1, 3), OK);
    struct asked asked;
    const struct request request = fixture_request(8, 1);
    ask(&asked, 8, &request);
    asked.job.from = at(3);
    run(rig, &asked, 1);
    assert_int_equal(code_of(&asked), ERR_TOO_MANY_NEW);
    assert_int_equal(denial_of(&asked).rate_of, RATE_OF_ALL);
    assert_int_equal(denial_of(&asked).at_once, 5);
    free_answers(&asked, 1);
}

static void the_rate_comes_back_with_time(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 1, 100);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 2, 1), ERR_TOO_MANY_NEW);
    rig->milliseconds += 3599;
    assert_int_equal(ask_for(rig, 2, 1), ERR_TOO_MANY_NEW);
    rig->milliseconds += 1;
    assert_int_equal(ask_for(rig, 2, 1), OK);
    assert_int_equal(ask_for(rig, 3, 1), ERR_TOO_MANY_NEW);
}

static void a_machine_that_proved_to_be_the_organisations_own_is_free_of_them(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 1, 1);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    for (uint64_t machine = 2; machine < 5; machine++) {
        struct asked asked;
        const struct request request = fixture_request(machine, 1);
        ask(&asked, machine, &request);
        asked.job.own = true;
        run(rig, &asked, 1);
        assert_int_equal(code_of(&asked), OK);
        free_answers(&asked, 1);
    }
    assert_int_equal(ask_for(rig, 9, 1), ERR_TOO_MANY_NEW);
}

/* What leaves no row is not what the rates are about: a fleet with a wrong clock has its tokens once it is right. */
static void a_request_that_leaves_no_row_takes_nothing(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 1, 1);
    for (uint64_t machine = 1; machine < 6; machine++) {
        struct asked asked;
        struct request request = fixture_request(machine, 1);
        request.time -= 5 * HOUR;
        ask(&asked, machine, &request);
        run(rig, &asked, 1);
        assert_int_equal(code_of(&asked), ERR_CLOCK_APART);
        free_answers(&asked, 1);
    }
    struct asked asked;
    struct request request = fixture_request(6, 1);
    memcpy(request.edition, "none", sizeof "none");
    ask(&asked, 6, &request);
    run(rig, &asked, 1);
    assert_int_equal(code_of(&asked), ERR_NO_LICENSE);
    free_answers(&asked, 1);
    assert_int_equal(ask_for(rig, 7, 1), OK);
}

static enum error_code ask_hours_ago(struct batch_rig *rig, uint64_t machine, uint64_t number)
{
    struct asked asked;
    struct request request = fixture_request(machine, number);
    request.time -= 5 * HOUR;
    ask(&asked, machine, &request);
    run(rig, &asked, 1);
    const enum error_code code = code_of(&asked);
    free_answers(&asked, 1);
    return code;
}

/* Of machines that are not known, that is: those of the others have buckets of their own, and the rate of new machines
 * is another one. */
static void denials_that_leave_no_row_are_kept_at_the_same_rate(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 3, 100);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    for (uint64_t machine = 10; machine < 20; machine++)
        assert_int_equal(ask_hours_ago(rig, machine, 1), ERR_CLOCK_APART);
    for (uint64_t machine = 20; machine < 30; machine++)
        assert_int_equal(release_for(rig, machine, 1), ERR_RELEASE_NOTHING);
    assert_int_equal(denials_kept(rig), 3);
    assert_int_equal(logged(rig, "event=denied"), 3);
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_CLOCK_APART), 10);
    assert_int_equal(rig->engine.turned_away.untold, 16);
    assert_int_equal(logged(rig, "untold=1 most=192.0.2.7"), 1);
    for (uint64_t number = 2; number < 7; number++)
        assert_int_equal(ask_hours_ago(rig, 1, number), ERR_CLOCK_APART);
    assert_int_equal(denials_kept(rig), 8);
    assert_int_equal(ask_for(rig, 2, 1), OK);
    rig->milliseconds += 3600;
    assert_int_equal(ask_hours_ago(rig, 30, 1), ERR_CLOCK_APART);
    assert_int_equal(ask_hours_ago(rig, 31, 1), ERR_CLOCK_APART);
    assert_int_equal(denials_kept(rig), 9);
}

static void a_machine_that_is_known_leaves_so_much_and_another_its_own(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 2, 1), OK);
    log_forget(rig);
    for (uint64_t number = 2; number < 102; number++)
        assert_int_equal(ask_hours_ago(rig, 1, number), ERR_CLOCK_APART);
    assert_int_equal(denials_kept(rig), TRACES_AT_ONCE);
    assert_int_equal(logged(rig, "event=denied"), TRACES_AT_ONCE);
    assert_int_equal(logged(rig, "event=left-out lines=1 most="), 1);
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_CLOCK_APART), 100);
    assert_int_equal(row_of(rig, 1).record.last_denial, ERR_CLOCK_APART);
    for (uint64_t number = 1002; number < 1012; number++)
        assert_int_equal(ask_for(rig, 1, number), OK);
    assert_int_equal(logged(rig, "event=repeated"), 1);
    assert_int_equal(rig->engine.metrics.repeated, 10);
    assert_int_equal(row_of(rig, 1).record.last_denial, OK);
    assert_int_equal(release_for(rig, 1, 1), ERR_NUMBER_USED);
    assert_int_equal(ask_hours_ago(rig, 2, 2), ERR_CLOCK_APART);
    assert_int_equal(denials_kept(rig), TRACES_AT_ONCE + 2);
    rig->milliseconds += (int64_t)3600 * 1000;
    assert_int_equal(ask_hours_ago(rig, 1, 2000), ERR_CLOCK_APART);
    assert_int_equal(denials_kept(rig), TRACES_AT_ONCE + 3);
    assert_int_equal(rig->engine.turned_away.left_out, 0);
    assert_int_equal(logged(rig, "event=left-out lines=88 most="), 1);
    assert_int_equal(logged(rig, "event=turned-away"), 0);
}

/* What was not put down is told when it is; and the host's own trouble leaves as many lines as the rates say. */
static void trouble_takes_nothing_of_a_machines_own(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 5, 100);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    for (uint64_t number = 2; number < 52; number++) {
        failing_store.fails = CALL_COMMIT;
        assert_int_equal(ask_hours_ago(rig, 1, number), ERR_HOST_STORAGE);
        failing_store_reset();
    }
    assert_int_equal(logged(rig, "code=host-storage"), 5);
    for (uint64_t number = 102; number < 152; number++)
        assert_int_equal(ask_hours_ago(rig, 1, number), ERR_CLOCK_APART);
    assert_int_equal(denials_kept(rig), TRACES_AT_ONCE);
}

static void a_batch_that_is_not_stored_gives_back_what_it_took(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 2, 2);
    for (unsigned i = 0; i < 5; i++) {
        failing_store.fails = CALL_COMMIT;
        assert_int_equal(ask_for(rig, 1, 1 + i), ERR_HOST_STORAGE);
        failing_store_reset();
    }
    assert_int_equal(ask_for(rig, 1, 9), OK);
    assert_int_equal(ask_for(rig, 2, 1), OK);
    assert_int_equal(ask_for(rig, 3, 1), ERR_TOO_MANY_NEW);
}

static void a_machine_that_came_for_another_product_is_known(void **state)
{
    struct batch_rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "draw");
    memcpy(license.product, "draw", sizeof "draw");
    fixture_put_license(&rig->fixture, &license);
    take_up(rig);
    batch_tend(&rig->engine);
    allow(rig, 1, 1);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    for (uint64_t machine = 1; machine < 3; machine++) {
        struct asked asked;
        struct request request = fixture_request(machine, 1);
        memcpy(request.product, "draw", sizeof "draw");
        ask(&asked, machine, &request);
        run(rig, &asked, 1);
        assert_int_equal(code_of(&asked), machine == 1 ? OK : ERR_TOO_MANY_NEW);
        free_answers(&asked, 1);
    }
}

static void a_machine_that_the_operator_has_blocked_is_known(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 1, 1);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    const struct machine_id machine = fixture_machine(2);
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_block(rig->store, &machine, TODAY, "stolen", NULL));
    assert_ok(store_commit(rig->store, NULL));
    assert_int_equal(ask_for(rig, 2, 1), ERR_MACHINE_BLOCKED);
}

static void the_log_says_it_once_a_minute_and_the_rest_when_it_is_quiet(void **state)
{
    struct batch_rig *const rig = *state;
    allow(rig, 1, 1);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(ask_for(rig, 2 + i, 1), ERR_TOO_MANY_NEW);
        rig->milliseconds += 20;
    }
    assert_int_equal(logged(rig, "event=turned-away"), 1);
    assert_true(batch_untended(&rig->engine));
    rig->milliseconds += 60000;
    batch_tend(&rig->engine);
    assert_int_equal(logged(rig, "event=turned-away"), 2);
    assert_int_equal(logged(rig, "too_many_new=49"), 1);
    rig->milliseconds += 600000;
    batch_tend(&rig->engine);
    assert_int_equal(logged(rig, "event=turned-away"), 2);
}

static void who_is_not_of_the_networks_is_counted_and_the_log_says_it(void **state)
{
    struct batch_rig *const rig = *state;
    const struct address from = at(9);
    for (unsigned i = 0; i < 7; i++)
        engine_turn_away(&rig->engine, &from, "192.0.2.9");
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_NETWORK_NOT_LISTED), 7);
    assert_true(rig->engine.turned_away_news);
    batch_tend(&rig->engine);
    assert_false(rig->engine.turned_away_news);
    assert_int_equal(logged(rig, "network_not_listed=7 too_many_new=0 untold=0 most=192.0.2.9 of_it=7"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BATCH_TEST(a_new_machine_beyond_the_rate_is_told_the_numbers_and_leaves_nothing),
        BATCH_TEST(a_machine_that_is_known_asks_as_ever),
        BATCH_TEST(two_requests_of_one_machine_in_a_batch_are_one_new_machine),
        BATCH_TEST(other_addresses_have_their_own_rate_up_to_that_of_all),
        BATCH_TEST(the_rate_comes_back_with_time),
        BATCH_TEST(a_machine_that_proved_to_be_the_organisations_own_is_free_of_them),
        BATCH_TEST(a_request_that_leaves_no_row_takes_nothing),
        BATCH_TEST(denials_that_leave_no_row_are_kept_at_the_same_rate),
        BATCH_TEST(a_machine_that_is_known_leaves_so_much_and_another_its_own),
        BATCH_TEST(trouble_takes_nothing_of_a_machines_own),
        BATCH_TEST(a_batch_that_is_not_stored_gives_back_what_it_took),
        BATCH_TEST(a_machine_that_came_for_another_product_is_known),
        BATCH_TEST(a_machine_that_the_operator_has_blocked_is_known),
        BATCH_TEST(the_log_says_it_once_a_minute_and_the_rest_when_it_is_quiet),
        BATCH_TEST(who_is_not_of_the_networks_is_counted_and_the_log_says_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
