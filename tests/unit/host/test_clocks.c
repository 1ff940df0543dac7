/* What is kept in memory of machines: what their clocks show, and the roots that they have seen. */
#include "clocks.h"
#include "roots.h"

#include "core/rules/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((seconds)1795338000)
#define AT  ((int64_t)5000000) /* milliseconds of the clock that never runs backwards */

static struct machine_id machine_of(uint16_t number)
{
    struct machine_id machine = {{0}};
    memcpy(machine.bytes, &number, sizeof number);
    return machine;
}

static void assert_counted(const struct clocks *clocks, seconds now, int64_t at, uint64_t heard, uint64_t apart)
{
    uint64_t all = 77;
    uint64_t some = 77;
    clocks_count(clocks, now, at, &all, &some);
    assert_int_equal(all, heard);
    assert_int_equal(some, apart);
}

static void a_clock_is_apart_beyond_the_tolerance_in_either_direction(void **state)
{
    static const struct {
        seconds shown; /* by the machine's clock, less the host's */
        uint64_t apart;
    } rows[] = {
        {0, 0},
        {1, 0},
        {CLOCK_TOLERANCE, 0},
        {CLOCK_TOLERANCE + 1, 1},
        {-CLOCK_TOLERANCE, 0},
        {-CLOCK_TOLERANCE - 1, 1},
        {-NOW - 5, 1}, /* is taken for the first time that there is */
    };
    (void)state;
    const struct machine_id machine = machine_of(1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct clocks clocks;
        clocks = (struct clocks){0};
        assert_counted(&clocks, NOW, AT, 0, 0);
        clocks_hear(&clocks, &machine, NOW + rows[i].shown, AT);
        assert_counted(&clocks, NOW, AT, 1, rows[i].apart);
    }
}

/* Both clocks run on; only what was set shows. */
static void time_that_passes_moves_no_clock_apart(void **state)
{
    (void)state;
    static struct clocks clocks;
    const struct machine_id machine = machine_of(1);
    const seconds later = 6 * HOUR;
    clocks = (struct clocks){0};
    for (int ahead = -1; ahead <= 1; ahead += 2) { /* nor nearer */
        clocks_hear(&clocks, &machine, NOW + ahead * CLOCK_TOLERANCE, AT);
        assert_counted(&clocks, NOW + later, AT + later * 1000, 1, 0);
        clocks_hear(&clocks, &machine, NOW + ahead * (CLOCK_TOLERANCE + 1), AT);
        assert_counted(&clocks, NOW + later, AT + later * 1000, 1, 1);
    }
    clocks_hear(&clocks, &machine, NOW, AT);
    assert_counted(&clocks, NOW + later, AT + later * 1000, 1, 0);
    assert_counted(&clocks, NOW, AT + later * 1000, 1, 1);
    assert_counted(&clocks, NOW + later, AT, 1, 1);
}

static void a_clock_is_forgotten_after_a_day(void **state)
{
    (void)state;
    static struct clocks clocks;
    const struct machine_id machine = machine_of(1);
    const int64_t day = (int64_t)DAY * 1000;
    clocks = (struct clocks){0};
    clocks_hear(&clocks, &machine, NOW, AT);
    assert_counted(&clocks, NOW + DAY, AT + day, 1, 0);
    assert_counted(&clocks, NOW + DAY, AT + day + 1, 0, 0);
}

/* The last word of each counts, and of those that stand at one place. */
static void each_machine_is_heard_once(void **state)
{
    (void)state;
    static struct clocks clocks;
    const struct machine_id one = machine_of(1);
    const struct machine_id two = machine_of(2);
    const struct machine_id like_one = machine_of(1 + CLOCKS_HEARD);
    clocks = (struct clocks){0};
    clocks_hear(&clocks, &one, NOW + DAY, AT);
    clocks_hear(&clocks, &two, NOW + DAY, AT);
    assert_counted(&clocks, NOW, AT, 2, 2);
    clocks_hear(&clocks, &one, NOW, AT);
    assert_counted(&clocks, NOW, AT, 2, 1);
    clocks_hear(&clocks, &like_one, NOW + DAY, AT);
    assert_counted(&clocks, NOW, AT, 2, 2);
    for (unsigned i = 0; i < CLOCKS_HEARD; i++) {
        const struct machine_id machine = machine_of((uint16_t)i);
        clocks_hear(&clocks, &machine, NOW, AT);
    }
    assert_counted(&clocks, NOW, AT, CLOCKS_HEARD, 0);
}

static void what_stands_behind_the_clocks_is_none(void **state)
{
    (void)state;
    static struct {
        struct clocks clocks;
        struct heard_clock behind;
    } memory = {.behind = {.heard = true, .at = AT, .offset = NOW}};
    assert_counted(&memory.clocks, NOW, AT, 0, 0);
}

static struct hash root_of(uint64_t number)
{
    return hash_of(slice_make(&number, sizeof number));
}

static void a_root_is_known_by_ledger_and_size_until_others_have_come(void **state)
{
    (void)state;
    static struct roots roots;
    roots = (struct roots){0};
    assert_null(roots_recall(&roots, 1, 1));
    for (uint64_t size = 1; size <= ROOTS_REMEMBERED; size++)
        roots_remember(&roots, 1, size, root_of(size));
    for (uint64_t size = 1; size <= ROOTS_REMEMBERED; size++) {
        const struct hash expected = root_of(size);
        const struct hash *const root = roots_recall(&roots, 1, size);
        assert_non_null(root);
        assert_true(hash_equal(root, &expected));
        assert_null(roots_recall(&roots, 2, size));
    }
    assert_null(roots_recall(&roots, 1, ROOTS_REMEMBERED + 1));
    for (uint64_t size = 1; size <= (uint64_t)2 * ROOTS_REMEMBERED; size++) { /* each takes the place of the oldest */
        roots_remember(&roots, 2, size, root_of(0));
        assert_non_null(roots_recall(&roots, 2, size));
        if (size < ROOTS_REMEMBERED)
            assert_non_null(roots_recall(&roots, 1, size + 1));
        assert_null(roots_recall(&roots, 1, size));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_is_apart_beyond_the_tolerance_in_either_direction),
        cmocka_unit_test(time_that_passes_moves_no_clock_apart),
        cmocka_unit_test(a_clock_is_forgotten_after_a_day),
        cmocka_unit_test(each_machine_is_heard_once),
        cmocka_unit_test(what_stands_behind_the_clocks_is_none),
        cmocka_unit_test(a_root_is_known_by_ledger_and_size_until_others_have_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
