/* From where many new machines come just now. */
#include "rates/crowds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { BEGIN = 5000 };

/* Of a network of its own for each number. */
static struct address address_of(unsigned number)
{
    struct address address = {.bytes = {0x20, 0x01, 0x0d, 0xb8}};
    memcpy(address.bytes + 4, &(uint16_t){(uint16_t)number}, 2);
    return address;
}

static void come(struct crowds *crowds, unsigned number, unsigned count, int64_t milliseconds)
{
    const struct address from = address_of(number);
    for (unsigned i = 0; i < count; i++)
        crowds_count(crowds, &from, milliseconds);
}

static bool have(const struct crowds *crowds, unsigned number, int64_t milliseconds)
{
    const struct address from = address_of(number);
    return crowds_have(crowds, &from, milliseconds);
}

static void many_within_a_second_are_a_crowd_until_they_are_few(void **state)
{
    (void)state;
    struct crowds crowds = {.until = 0};
    come(&crowds, 1, CROWD_FROM - 1, BEGIN);
    assert_false(have(&crowds, 1, BEGIN));
    come(&crowds, 1, 1, BEGIN + CROWD_WINDOW_MILLISECONDS - 1);
    assert_true(have(&crowds, 1, BEGIN + CROWD_WINDOW_MILLISECONDS - 1));
    assert_false(have(&crowds, 2, BEGIN + CROWD_WINDOW_MILLISECONDS - 1));
    const int64_t end = BEGIN + CROWD_WINDOW_MILLISECONDS - 1 + CROWD_LASTS_MILLISECONDS;
    come(&crowds, 1, CROWD_FROM - 1, BEGIN + CROWD_WINDOW_MILLISECONDS); /* a window that is not full */
    assert_true(have(&crowds, 1, end - 1));
    assert_false(have(&crowds, 1, end));
}

static void as_many_in_two_seconds_are_none(void **state)
{
    (void)state;
    struct crowds crowds = {.until = 0};
    for (int i = 0; i < 10; i++) {
        come(&crowds, 1, CROWD_FROM - 1, BEGIN + (int64_t)i * CROWD_WINDOW_MILLISECONDS);
        assert_false(have(&crowds, 1, BEGIN + (int64_t)i * CROWD_WINDOW_MILLISECONDS));
    }
}

/* An IPv6 host has as many addresses as it likes. */
static void addresses_of_one_network_are_one(void **state)
{
    (void)state;
    struct crowds crowds = {.until = 0};
    struct address from = address_of(1);
    for (unsigned i = 0; i < CROWD_FROM; i++) {
        from.bytes[15] = (uint8_t)i;
        crowds_count(&crowds, &from, BEGIN);
    }
    assert_true(have(&crowds, 1, BEGIN));
}

static void who_comes_from_everywhere_does_not_make_room_for_himself(void **state)
{
    (void)state;
    struct crowds crowds = {.until = 0};
    come(&crowds, 1, CROWD_FROM, BEGIN);
    for (unsigned i = 2; i <= CROWD_PLACES; i++)
        come(&crowds, i, 1, BEGIN + 1);
    assert_true(have(&crowds, 1, BEGIN + 1));
    come(&crowds, 1, 1, BEGIN + 2);
    come(&crowds, CROWD_PLACES + 1, 1, BEGIN + 3); /* in the place of another */
    assert_true(have(&crowds, 1, BEGIN + 3));
    assert_false(have(&crowds, CROWD_PLACES + 1, BEGIN + 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_within_a_second_are_a_crowd_until_they_are_few),
        cmocka_unit_test(as_many_in_two_seconds_are_none),
        cmocka_unit_test(addresses_of_one_network_are_one),
        cmocka_unit_test(who_comes_from_everywhere_does_not_make_room_for_himself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
