/* The machines of a batch: fetched once, and kept as the batch changes them. */
#include "batch/fetched.h"

#include "store/ledger.h"
#include "store/memory.h"
#include "store/operators.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 1000 };

static struct store *store;
static struct fetched fetched;
static uint32_t licenses[2];

static struct machine_id machine_of(uint32_t number)
{
    struct machine_id machine = {{0}};
    memcpy(machine.bytes, &number, sizeof number);
    return machine;
}

static struct machine_row row_of(seconds last_request)
{
    return (struct machine_row){.record = {.first_request = 1, .last_request = last_request}};
}

static int set_up(void **state)
{
    (void)state;
    uint32_t ledger;
    fetched = (struct fetched){0};
    if (!is_ok(store_open_memory(&store)) || !is_ok(store_begin(store, NULL)) ||
        !is_ok(store_ledger_make(store, "o", &ledger, NULL)))
        return -1;
    return is_ok(store_license_make(store, ledger, "a", "studio", &licenses[0], NULL)) &&
                   is_ok(store_license_make(store, ledger, "b", "studio", &licenses[1], NULL))
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fetched_free(&fetched);
    store_close(store);
    return 0;
}

static void each_machine_under_each_license_is_found_as_it_is_stored(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        const struct machine_id machine = machine_of(i);
        const struct machine_row row = row_of(i + 1);
        assert_int_equal(store_machine_put(store, licenses[i % 2], &machine, &row, NULL).bits, 0);
        if (i == 7)
            assert_int_equal(store_block(store, &machine, 1, "", NULL).bits, 0);
        assert_int_equal(fetched_want(&fetched, licenses[0], &machine).bits, 0);
        assert_int_equal(fetched_want(&fetched, licenses[1], &machine).bits, 0);
        assert_int_equal(fetched_want(&fetched, licenses[1], &machine).bits, 0); /* again */
    }
    assert_int_equal(fetched.count, 2 * MANY);
    assert_int_equal(fetched_load(&fetched, store, NULL).bits, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct machine_id machine = machine_of(i);
        assert_int_equal(fetched_of(&fetched, licenses[i % 2], &machine)->row.record.last_request, i + 1);
        assert_int_equal(fetched_of(&fetched, licenses[1 - i % 2], &machine)->row.record.last_request, 0);
        assert_int_equal(fetched_of(&fetched, licenses[0], &machine)->blocked, i == 7);
    }
}

static void what_a_batch_puts_is_what_it_finds_afterwards(void **state)
{
    (void)state;
    const struct machine_id machine = machine_of(1);
    const struct machine_row row = row_of(5);
    assert_int_equal(fetched_want(&fetched, licenses[0], &machine).bits, 0);
    assert_int_equal(fetched_load(&fetched, store, NULL).bits, 0);
    assert_int_equal(fetched_of(&fetched, licenses[0], &machine)->row.record.last_request, 0);
    assert_int_equal(fetched_put(&fetched, store, licenses[0], &machine, &row, NULL).bits, 0);
    assert_int_equal(fetched_of(&fetched, licenses[0], &machine)->row.record.last_request, 5);
    struct machine_row stored;
    assert_int_equal(store_machine_get(store, licenses[0], &machine, &stored, NULL).bits, 0);
    assert_int_equal(stored.record.last_request, 5);
}

static void the_next_batch_begins_with_nothing(void **state)
{
    (void)state;
    const struct machine_id machine = machine_of(1);
    const struct machine_row row = row_of(5);
    fetched_clear(&fetched); /* of one that never held anything */
    assert_int_equal(fetched_load(&fetched, store, NULL).bits, 0);
    assert_int_equal(fetched_want(&fetched, licenses[0], &machine).bits, 0);
    assert_int_equal(fetched_load(&fetched, store, NULL).bits, 0);
    fetched_clear(&fetched);
    assert_int_equal(fetched.count, 0);
    assert_int_equal(store_machine_put(store, licenses[0], &machine, &row, NULL).bits, 0); /* by somebody else */
    assert_int_equal(fetched_want(&fetched, licenses[0], &machine).bits, 0);
    assert_int_equal(fetched_load(&fetched, store, NULL).bits, 0);
    assert_int_equal(fetched_of(&fetched, licenses[0], &machine)->row.record.last_request, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_machine_under_each_license_is_found_as_it_is_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_batch_puts_is_what_it_finds_afterwards, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_batch_begins_with_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
