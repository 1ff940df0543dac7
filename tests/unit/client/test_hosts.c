/* Which hosts are asked, in which order, and how long: the pure parts. */
#include "hosts/budget.h"
#include "hosts/services.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

/* Records as a domain may have them, and the first letters of the targets in the order in which they are asked. */
struct row {
    struct service services[5];
    size_t count;
    uint64_t chances[5];
    const char *last_good;
    const char *order;
    bool none_here;
};

static void make(const struct row *row, struct service_list *ret_list, uint64_t chances[static SERVICES_MAX])
{
    memset(ret_list, 0, sizeof *ret_list);
    memset(chances, 0, SERVICES_MAX * sizeof *chances);
    ret_list->count = row->count;
    memcpy(ret_list->services, row->services, sizeof row->services);
    memcpy(chances, row->chances, sizeof row->chances);
}

/* The number drawn for a place is the chance modulo one more than the sum of the weights that are left. */
static void hosts_are_asked_by_priority_and_weight(void **state)
{
    static const struct row rows[] = {
        {.count = 0, .order = ""},
        {.services = {{2, 0, 1, "a"}, {1, 0, 1, "b"}, {3, 0, 1, "c"}}, .count = 3, .order = "bac"},
        /* Of one priority: those without weight first in the sum, and chosen by 0 alone. */
        {.services = {{1, 10, 1, "a"}, {1, 0, 1, "b"}, {1, 20, 1, "c"}}, .count = 3, .order = "bac"},
        {.services = {{1, 10, 1, "a"}, {1, 0, 1, "b"}, {1, 20, 1, "c"}}, .count = 3, .chances = {1}, .order = "abc"},
        {.services = {{1, 10, 1, "a"}, {1, 0, 1, "b"}, {1, 20, 1, "c"}}, .count = 3, .chances = {10}, .order = "abc"},
        {.services = {{1, 10, 1, "a"}, {1, 0, 1, "b"}, {1, 20, 1, "c"}}, .count = 3, .chances = {11}, .order = "cba"},
        {.services = {{1, 10, 1, "a"}, {1, 0, 1, "b"}, {1, 20, 1, "c"}}, .count = 3, .chances = {30}, .order = "cba"},
        {.services = {{1, 10, 1, "a"}, {1, 0, 1, "b"}, {1, 20, 1, "c"}}, .count = 3, .chances = {31}, .order = "bac"},
        {.services = {{1, 10, 1, "a"}, {1, 0, 1, "b"}, {1, 20, 1, "c"}},
         .count = 3,
         .chances = {UINT64_MAX, 11},
         .order = "cba" /* 2^64 - 1 is 15 modulo 31 */},
        /* Chance never crosses priorities, and each place has its own. */
        {.services = {{2, 5, 1, "a"}, {1, 5, 1, "b"}, {2, 5, 1, "c"}, {1, 5, 1, "d"}},
         .count = 4,
         .chances = {6, 0, 6},
         .order = "dbca"},
        /* Whoever was good is first within its priority, and no further. */
        {.services = {{2, 0, 1, "a"}, {2, 9, 1, "b"}, {1, 0, 1, "c"}}, .count = 3, .last_good = "b:1", .order = "cba"},
        {.services = {{1, 0, 1, "a"}, {1, 0, 2, "a"}}, .count = 2, .last_good = "a:2", .order = "aa"},
        {.services = {{1, 0, 1, "a"}, {1, 9, 1, "b"}}, .count = 2, .last_good = "elsewhere:1", .order = "ab"},
        /* What is no host is passed over, and where that was all there is none by mistake; "." is none on purpose. */
        {.services = {{1, 0, 0, "a"}, {1, 0, 1, "b c"}, {1, 0, 1, "d"}, {0, 0, 1, "::1"}}, .count = 4, .order = "d"},
        {.services = {{1, 0, 0, "a"}}, .count = 1, .order = ""},
        {.services = {{0, 0, 0, "."}}, .count = 1, .order = "", .none_here = true},
        {.services = {{0, 0, 0, ""}}, .count = 1, .order = "", .none_here = true},
        {.services = {{0, 0, 0, "."}, {1, 0, 1, "a"}}, .count = 2, .order = "a"},
        {.services = {{1, 0, 1, "A."}}, .count = 1, .order = "a"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct service_list list;
        uint64_t chances[SERVICES_MAX];
        char order[SERVICES_MAX + 1] = "";
        make(&rows[i], &list, chances);
        assert_int_equal(services_order(&list, chances, rows[i].last_good != NULL ? rows[i].last_good : ""),
                         !rows[i].none_here);
        for (size_t n = 0; n < list.count; n++)
            order[n] = list.services[n].address[0];
        if (strcmp(order, rows[i].order) != 0)
            fail_msg("row %zu: %s", i, order);
    }
}

/* With a weight three times another's, a host is first three times as often, whatever numbers come. */
static void weights_are_shares(void **state)
{
    static const struct row row = {.services = {{1, 100, 1, "a"}, {1, 300, 1, "b"}}, .count = 2};
    (void)state;
    size_t first = 0;
    for (uint64_t chance = 0; chance < 401; chance++) {
        static struct service_list list;
        uint64_t chances[SERVICES_MAX];
        make(&row, &list, chances);
        chances[0] = chance;
        assert_true(services_order(&list, chances, ""));
        first += list.services[0].address[0] == 'b' ? 1 : 0;
    }
    assert_int_equal(first, 300);
}

static void as_many_records_as_there_is_room_for_are_put_in_order(void **state)
{
    static struct service_list list;
    static const uint64_t chances[SERVICES_MAX];
    (void)state;
    list.count = SERVICES_MAX;
    for (size_t i = 0; i < SERVICES_MAX; i++) {
        list.services[i] = (struct service){.priority = (uint16_t)(SERVICES_MAX - i), .weight = UINT16_MAX, .port = 1};
        snprintf(list.services[i].target, DOMAIN_SIZE, "h%zu", i);
    }
    assert_true(services_order(&list, chances, ""));
    for (size_t i = 0; i < SERVICES_MAX; i++)
        assert_int_equal(list.services[i].priority, i + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_hosts_leave_their_share_to_those_behind_them),
        cmocka_unit_test(a_share_is_what_is_left_by_those_who_wait),
        cmocka_unit_test(before_anybody_has_a_share_all_of_the_time_is_there),
        cmocka_unit_test(hosts_are_asked_by_priority_and_weight),
        cmocka_unit_test(weights_are_shares),
        cmocka_unit_test(as_many_records_as_there_is_room_for_are_put_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
