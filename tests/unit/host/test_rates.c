/* Buckets of new machines: what they hold, what comes back, and that neither a clock nor many addresses get round them.
 */
#include "rates/rates.h"
#include "rates/turned_away.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS ((int64_t)3600 * 1000)
#define BEGIN   ((int64_t)5 * 1000 * 1000)

static const uint8_t key[RATES_KEY_SIZE] = {1, 2, 3};

static unsigned take_all(struct bucket *bucket, const struct new_rate *rate, int64_t milliseconds)
{
    unsigned count = 0;
    int64_t wait;
    while (bucket_take(bucket, rate, milliseconds, &wait))
        count++;
    return count;
}

/* ---- a bucket ---- */

static void a_bucket_holds_so_many_and_fills_evenly(void **state)
{
    (void)state;
    const struct new_rate rate = {.at_once = 10, .per_hour = 1000};
    struct bucket bucket = {0};
    int64_t wait;
    assert_int_equal(take_all(&bucket, &rate, BEGIN), 10);
    assert_false(bucket_take(&bucket, &rate, BEGIN, &wait));
    assert_int_equal(wait, 3600);
    assert_false(bucket_take(&bucket, &rate, BEGIN + 3599, &wait));
    assert_int_equal(wait, 1);
    assert_true(bucket_take(&bucket, &rate, BEGIN + 3600, &wait));
    assert_int_equal(wait, 0);
    assert_int_equal(take_all(&bucket, &rate, BEGIN + 3600), 0);
    assert_int_equal(take_all(&bucket, &rate, BEGIN + (int64_t)5 * 3600), 4);
    assert_int_equal(take_all(&bucket, &rate, BEGIN + 1000 * HOUR_MS), 10);
}

/* However it is asked in between: refusals cost nothing, and parts of a token are not lost. */
static void in_an_hour_as_many_come_back_as_it_says(void **state)
{
    (void)state;
    const struct new_rate rate = {.at_once = 3, .per_hour = 7};
    for (int64_t step = 1; step < HOUR_MS * 2 / 7; step = step * 3 + 1) {
        struct bucket bucket = {0};
        unsigned count = 0;
        assert_int_equal(take_all(&bucket, &rate, BEGIN), 3);
        for (int64_t passed = step; passed <= HOUR_MS; passed += step)
            count += take_all(&bucket, &rate, BEGIN + passed);
        count += take_all(&bucket, &rate, BEGIN + HOUR_MS);
        assert_int_equal(count, 7);
    }
}

static void a_clock_that_is_set_back_neither_fills_nor_freezes_a_bucket(void **state)
{
    (void)state;
    const struct new_rate rate = {.at_once = 10, .per_hour = 1000};
    struct bucket bucket = {0};
    assert_int_equal(take_all(&bucket, &rate, 1000 * HOUR_MS), 10);
    assert_int_equal(take_all(&bucket, &rate, BEGIN), 0);
    assert_int_equal(take_all(&bucket, &rate, BEGIN + 3600), 1);
    assert_int_equal(take_all(&bucket, &rate, -1000 * HOUR_MS), 0);
    assert_int_equal(take_all(&bucket, &rate, -1000 * HOUR_MS + 7200), 2);
}

static void a_clock_that_is_set_ahead_fills_a_bucket_once(void **state)
{
    (void)state;
    const struct new_rate rate = {.at_once = 10, .per_hour = 1000};
    struct bucket bucket = {0};
    assert_int_equal(take_all(&bucket, &rate, BEGIN), 10);
    assert_int_equal(take_all(&bucket, &rate, INT64_MAX), 10);
    assert_int_equal(take_all(&bucket, &rate, INT64_MAX), 0);
}

static void limits_that_change_are_those_of_the_next_machine(void **state)
{
    (void)state;
    struct new_rate rate = {.at_once = 10, .per_hour = 1000};
    struct bucket bucket = {0};
    assert_int_equal(take_all(&bucket, &rate, BEGIN), 10);
    rate.at_once = 15;
    assert_int_equal(take_all(&bucket, &rate, BEGIN), 5);
    rate.at_once = 1;
    assert_int_equal(take_all(&bucket, &rate, BEGIN + (int64_t)14 * 3600), 0);
    assert_int_equal(take_all(&bucket, &rate, BEGIN + (int64_t)15 * 3600), 1);
}

static void the_largest_numbers_fit(void **state)
{
    (void)state;
    const struct new_rate rate = {.at_once = 1000000000, .per_hour = 1000000000};
    struct bucket bucket = {.taken = (UINT64_C(1000000000) - 1) * 3600000, .at = BEGIN};
    int64_t wait;
    assert_true(bucket_take(&bucket, &rate, BEGIN, &wait));
    assert_false(bucket_take(&bucket, &rate, BEGIN, &wait));
    assert_int_equal(take_all(&bucket, &rate, BEGIN + 1), 277);
    assert_true(bucket_take(&bucket, &rate, INT64_MAX, &wait));
    assert_true(bucket_take(&bucket, &rate, INT64_MIN, &wait));
}

static void no_limit_is_none_and_what_does_not_come_back_is_waited_for_for_ever(void **state)
{
    (void)state;
    const struct new_rate none = {0};
    const struct new_rate closed = {.at_once = 1};
    struct bucket bucket = {0};
    int64_t wait;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(bucket_take(&bucket, &none, BEGIN, &wait));
    assert_int_equal(bucket.taken, 0);
    assert_int_equal(take_all(&bucket, &closed, BEGIN), 1);
    assert_false(bucket_take(&bucket, &closed, INT64_MAX, &wait));
    assert_int_equal(wait, INT64_MAX);
}

/* ---- the table ---- */

static struct address ipv4(uint32_t number)
{
    const uint8_t bytes[] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return address_of_ipv4(bytes);
}

/* Of 2001:db8::/32. */
static struct address ipv6(uint32_t network, uint64_t machine)
{
    struct address address = {{0x20, 0x01, 0x0d, 0xb8}};
    for (unsigned i = 0; i < 4; i++)
        address.bytes[4 + i] = (uint8_t)(network >> (24 - 8 * i));
    for (unsigned i = 0; i < 8; i++)
        address.bytes[8 + i] = (uint8_t)(machine >> (56 - 8 * i));
    return address;
}

static struct rates rates;

static int set_up(void **state)
{
    (void)state;
    return is_ok(rates_make(key, &rates)) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rates_free(&rates);
    return 0;
}

static enum rates_verdict take(const struct new_rates *limits, struct address from, int64_t milliseconds)
{
    int64_t wait;
    return rates_take(&rates, limits, &from, milliseconds, &wait);
}

static unsigned take_from(const struct new_rates *limits, struct address from, int64_t milliseconds)
{
    unsigned count = 0;
    while (take(limits, from, milliseconds) == RATES_FINE)
        count++;
    return count;
}

static void each_address_has_a_bucket_and_all_have_one(void **state)
{
    (void)state;
    const struct new_rates limits = {{3, 1}, {8, 4}};
    assert_int_equal(take_from(&limits, ipv4(1), BEGIN), 3);
    assert_int_equal(take(&limits, ipv4(1), BEGIN), RATES_ADDRESS);
    assert_int_equal(take_from(&limits, ipv4(2), BEGIN), 3);
    assert_int_equal(take_from(&limits, ipv4(3), BEGIN), 2);
    assert_int_equal(take(&limits, ipv4(3), BEGIN), RATES_ALL);
    assert_int_equal(take(&limits, ipv4(4), BEGIN), RATES_ALL);
    assert_int_equal(take_from(&limits, ipv4(4), BEGIN + HOUR_MS / 4), 1);
    assert_int_equal(take_from(&limits, ipv4(1), BEGIN + HOUR_MS), 1);
    assert_int_equal(take_from(&limits, ipv4(4), BEGIN + HOUR_MS), 2);
}

/* One that is refused for its address takes nothing away from the others. */
static void whoever_is_refused_takes_nothing(void **state)
{
    (void)state;
    const struct new_rates limits = {{1, 1}, {3, 1}};
    for (unsigned i = 0; i < 100; i++)
        take(&limits, ipv4(1), BEGIN);
    assert_int_equal(take_from(&limits, ipv4(2), BEGIN), 1);
    assert_int_equal(take_from(&limits, ipv4(3), BEGIN), 1);
    assert_int_equal(take(&limits, ipv4(4), BEGIN), RATES_ALL);
}

static void the_addresses_of_an_ipv6_network_have_one_bucket_together(void **state)
{
    (void)state;
    const struct new_rates limits = {{10, 1}, {1000, 1}};
    unsigned count = 0;
    for (uint64_t i = 0; i < 100; i++)
        count += take(&limits, ipv6(1, i * UINT64_C(0x0123456789abcdef)), BEGIN) == RATES_FINE;
    assert_int_equal(count, 10);
    assert_int_equal(take_from(&limits, ipv6(2, 1), BEGIN), 10);
    assert_int_equal(take_from(&limits, ipv4(1), BEGIN), 10);
}

/* A /32 of IPv6 networks, many times more than there are places: none is kept out, and who has used up his own gets no
 * more by it. */
static void many_addresses_neither_keep_others_out_nor_get_one_out(void **state)
{
    (void)state;
    const struct new_rates limits = {{100, 1000}, {1000000, 1000}};
    assert_int_equal(take_from(&limits, ipv4(1), BEGIN), 100);
    for (uint32_t i = 0; i < 8 * RATES_PLACES; i++) {
        assert_int_equal(take(&limits, ipv6(i, 1), BEGIN), RATES_FINE);
        if (i % 64 == 0)
            assert_int_equal(take(&limits, ipv4(1), BEGIN), RATES_ADDRESS);
    }
    assert_int_equal(take_from(&limits, ipv4(2), BEGIN), 100);
    assert_int_equal(take(&limits, ipv4(1), BEGIN), RATES_ADDRESS);
}

/* However many addresses there are: no more than all may have. */
static void what_is_forgotten_counts_among_all(void **state)
{
    (void)state;
    const struct new_rates limits = {{2, 1}, {UINT64_C(3) * RATES_PLACES, 1}};
    unsigned count = 0;
    for (uint32_t i = 0; i < 8 * RATES_PLACES; i++)
        count += take(&limits, ipv6(i, 1), BEGIN) == RATES_FINE;
    assert_int_equal(count, 3 * RATES_PLACES);
    assert_int_equal(take(&limits, ipv4(2), BEGIN), RATES_ALL);
}

/* While there is no limit nothing is taken, so that no address needs a place, and nobody loses his for it: the limit
 * may come back. */
static void without_a_limit_nobody_is_forgotten(void **state)
{
    (void)state;
    const struct new_rates limits = {{.at_once = 1}, {0}};
    const struct new_rates none = {{0}, {0}};
    uint32_t last = 0;
    for (uint32_t i = 0; i < 8 * RATES_PLACES; i++)
        if (take(&limits, ipv6(i, 1), BEGIN) == RATES_FINE)
            last = i;
    for (uint32_t i = 0; i < 8 * RATES_PLACES; i++)
        assert_int_equal(take(&none, ipv6(i + 8 * RATES_PLACES, 1), BEGIN), RATES_FINE);
    assert_int_equal(take(&limits, ipv6(last, 1), BEGIN), RATES_ADDRESS);
}

static void what_is_given_back_can_be_taken_again(void **state)
{
    (void)state;
    const struct new_rates limits = {{2, 1}, {3, 1}};
    const struct address one = ipv4(1);
    const struct address two = ipv4(2);
    assert_int_equal(take_from(&limits, one, BEGIN), 2);
    assert_int_equal(take_from(&limits, two, BEGIN), 1);
    rates_give_back(&rates, &one);
    assert_int_equal(take(&limits, one, BEGIN), RATES_FINE);
    assert_int_equal(take(&limits, one, BEGIN), RATES_ALL);
    rates_give_back(&rates, &two);
    assert_int_equal(take(&limits, one, BEGIN), RATES_ADDRESS);
    assert_int_equal(take(&limits, two, BEGIN), RATES_FINE);
    for (unsigned i = 0; i < 5; i++) /* more than were taken: nothing worse than full */
        rates_give_back(&rates, &two);
    assert_int_equal(take_from(&limits, two, BEGIN), 2);
}

/* ---- what is told of machines ---- */

static struct machine_id machine_of(uint32_t number)
{
    const struct address bytes = ipv6(number, number);
    struct machine_id machine;
    memcpy(machine.bytes, bytes.bytes, sizeof machine.bytes);
    return machine;
}

static const struct new_rate each = {20, 20};

static unsigned take_kind(uint32_t number, uint16_t kind, unsigned times, const struct new_rate *beyond,
                          int64_t milliseconds)
{
    const struct machine_id machine = machine_of(number);
    unsigned count = 0;
    for (unsigned i = 0; i < times; i++)
        count += rates_take_kind(&rates, &each, beyond, &machine, kind, milliseconds);
    return count;
}

static void each_machine_has_a_bucket_and_the_first_of_each_kind_goes_beyond_it(void **state)
{
    (void)state;
    const struct new_rate beyond = {1, 1};
    assert_int_equal(take_kind(1, 7, 100, &beyond, BEGIN), 20);
    for (uint16_t kind = 8; kind < 30; kind++)
        assert_int_equal(take_kind(1, kind, 100, &beyond, BEGIN), kind < 7 + RATES_KINDS ? 1 : 0);
    assert_int_equal(take_kind(2, 7, 100, &beyond, BEGIN), 20);
    assert_int_equal(take_kind(1, 7, 100, &beyond, BEGIN + HOUR_MS), 20 - (RATES_KINDS - 1));
    assert_int_equal(take_kind(1, 7, 100, &beyond, BEGIN + 2 * HOUR_MS), 20);
    assert_int_equal(take_kind(1, 8, 100, &beyond, BEGIN + 2 * HOUR_MS), 1);
    assert_int_equal(take_kind(1, 8, 100, &beyond, BEGIN + 100 * HOUR_MS), 20);
    assert_int_equal(take_kind(1, 7, 100, &beyond, BEGIN + 100 * HOUR_MS), 1);
}

/* Whatever the order: no more an hour than the rate, though each time the bucket is full all kinds are first again. */
static void kinds_give_no_more_an_hour(void **state)
{
    (void)state;
    const struct new_rate beyond = {1, 1};
    unsigned count = 0;
    for (int64_t passed = 0; passed < 10 * HOUR_MS; passed += HOUR_MS / 60)
        for (uint16_t kind = 1; kind < 12; kind++)
            count += take_kind(1, kind, 1, &beyond, BEGIN + passed);
    assert_in_range(count, 10 * 20, 20 + RATES_KINDS + 10 * 20);
}

static void what_a_machine_gives_back_it_can_take_again(void **state)
{
    (void)state;
    const struct new_rate beyond = {1, 1};
    const struct machine_id machine = machine_of(1);
    rates_give_back_kind(&rates, &machine);
    assert_int_equal(take_kind(1, 7, 100, &beyond, BEGIN), 20);
    rates_give_back_kind(&rates, &machine);
    assert_int_equal(take_kind(1, 7, 100, &beyond, BEGIN), 1);
}

/* Each in turn, so that whoever comes finds others in all of his places: what is told stays that of as many machines as
 * there are places, and what is beyond. */
static void more_machines_than_there_are_places_do_not_open_the_flood(void **state)
{
    (void)state;
    const struct new_rate beyond = {500, 500};
    unsigned count = 0;
    for (unsigned round = 0; round < 30; round++)
        for (uint32_t i = 0; i < 4 * RATES_PLACES; i++)
            count += take_kind(i, 7, 1, &beyond, BEGIN + round);
    assert_in_range(count, RATES_PLACES, RATES_PLACES * 20 + 500 + RATES_PLACES);
    unsigned first = 0; /* of machines that were never heard of before */
    for (uint32_t i = 0; i < 1000; i++)
        first += take_kind(8 * RATES_PLACES + i, 7, 1, &beyond, BEGIN + HOUR_MS + HOUR_MS / 20);
    assert_in_range(first, 999, 1000);
}

/* ---- who is turned away ---- */

static const char *text_of(uint32_t number)
{
    static char text[ADDRESS_TEXT_SIZE];
    snprintf(text, sizeof text, "address %u", number);
    return text;
}

static void the_log_names_the_address_of_most_however_many_there_are(void **state)
{
    (void)state;
    struct turned_away turned_away = {0};
    struct turned_away said;
    assert_false(turned_away_say(&turned_away, BEGIN, &said));
    for (uint32_t i = 0; i < 1000; i++) {
        const struct address many = ipv4(1000 + i);
        const struct address one = ipv6(7, i);
        assert_int_equal(turned_away_add(&turned_away, ERR_TOO_MANY_NEW, &many, text_of(i)), i == 0);
        if (i % 5 == 0)
            assert_false(turned_away_add(&turned_away, ERR_NETWORK_NOT_LISTED, &one, "2001:db8::"));
    }
    assert_true(turned_away_any(&turned_away));
    assert_true(turned_away_say(&turned_away, BEGIN, &said));
    assert_int_equal(said.rates, 1000);
    assert_int_equal(said.networks, 200);
    assert_string_equal(turned_away_most(said.addresses)->text, "2001:db8::");
    assert_in_range(turned_away_most(said.addresses)->count, 200, 300);
    assert_false(turned_away_any(&turned_away));
}

static void the_log_names_the_machine_of_most(void **state)
{
    (void)state;
    struct turned_away turned_away = {0};
    struct turned_away said;
    const struct machine_id one = machine_of(7);
    char text[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&one, text);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct machine_id machine = i % 5 == 0 ? one : machine_of(1000 + i);
        assert_int_equal(turned_away_leave_out(&turned_away, &machine), i == 0);
    }
    assert_true(turned_away_say(&turned_away, BEGIN, &said));
    assert_int_equal(said.left_out, 1000);
    assert_string_equal(turned_away_most(said.machines)->text, text);
    assert_int_equal(turned_away_most(said.addresses)->count, 0);
}

static void the_log_says_it_once_a_minute(void **state)
{
    (void)state;
    struct turned_away turned_away = {0};
    struct turned_away said;
    unsigned lines = 0;
    const struct address one = ipv4(1);
    for (int64_t i = 0; i < (int64_t)10 * 60 * 10; i++) { /* ten a second, ten minutes long */
        turned_away_add(&turned_away, ERR_TOO_MANY_NEW, &one, "192.0.2.7");
        lines += turned_away_say(&turned_away, BEGIN + 100 * i, &said);
    }
    assert_int_equal(lines, 10);
    assert_int_equal(said.rates, 600);
    assert_int_equal(turned_away.rates, 599);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_holds_so_many_and_fills_evenly),
        cmocka_unit_test(in_an_hour_as_many_come_back_as_it_says),
        cmocka_unit_test(a_clock_that_is_set_back_neither_fills_nor_freezes_a_bucket),
        cmocka_unit_test(a_clock_that_is_set_ahead_fills_a_bucket_once),
        cmocka_unit_test(limits_that_change_are_those_of_the_next_machine),
        cmocka_unit_test(the_largest_numbers_fit),
        cmocka_unit_test(no_limit_is_none_and_what_does_not_come_back_is_waited_for_for_ever),
        cmocka_unit_test_setup_teardown(each_address_has_a_bucket_and_all_have_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whoever_is_refused_takes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_addresses_of_an_ipv6_network_have_one_bucket_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_addresses_neither_keep_others_out_nor_get_one_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_forgotten_counts_among_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_limit_nobody_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_given_back_can_be_taken_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_machine_has_a_bucket_and_the_first_of_each_kind_goes_beyond_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(kinds_give_no_more_an_hour, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_machine_gives_back_it_can_take_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_machines_than_there_are_places_do_not_open_the_flood, set_up, tear_down),
        cmocka_unit_test(the_log_names_the_address_of_most_however_many_there_are),
        cmocka_unit_test(the_log_names_the_machine_of_most),
        cmocka_unit_test(the_log_says_it_once_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
