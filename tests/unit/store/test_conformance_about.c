/* What store.h promises, asked of every kind of store: what machines tell of themselves. */
#include "fixture.h"

#include "conformance.h"
#include "store/operators.h"

#include <stdio.h>
#include <string.h>

#define NOW     ((seconds)1790000000)
#define PRODUCT "studio"

static struct store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

static struct about_row row_named(const char *name, uint64_t number, seconds until)
{
    struct about_row row = {.number = number, .heard = NOW, .until = until};
    snprintf(row.says.name, sizeof row.says.name, "%s", name);
    return row;
}

static void put(struct store *store, uint64_t machine, const char *product, const struct about_row *row)
{
    const struct machine_id id = machine_of(machine);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_about_put(store, &id, product, row, NULL));
    assert_ok(store_commit(store, NULL));
}

static void put_named(struct store *store, uint64_t machine, const char *name, uint64_t number, seconds until)
{
    const struct about_row row = row_named(name, number, until);
    put(store, machine, PRODUCT, &row);
}

/* NULL: nothing is kept. */
static void assert_named(struct store *store, uint64_t machine, const char *product, const char *name)
{
    const struct machine_id id = machine_of(machine);
    struct about_row row;
    memset(&row, 7, sizeof row);
    const struct result found = store_about_get(store, &id, product, &row, NULL);
    if (name == NULL) {
        assert_fails(found, NOT_FOUND);
        return;
    }
    assert_ok(found);
    assert_string_equal(row.says.name, name);
}

static size_t expire(struct store *store, seconds now, size_t most)
{
    size_t count = 99;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_about_expire(store, now, most, &count, NULL));
    assert_ok(store_commit(store, NULL));
    return count;
}

static void what_a_machine_tells_comes_back_as_it_was_put(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(1);
    struct about_row row = row_named("Lesesaal 7, Süd", 7, NOW + DAY);
    snprintf(row.says.version, sizeof row.says.version, "4.2.1");
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (size_t i = 0; i < ABOUT_DATA_MAX; i++)
        assert_ok(about_attach(&row.says, slice_of(keys[i]), slice_of("a value with \"all\" sorts 'of' %s;")));
    assert_named(store, 1, PRODUCT, NULL);
    put(store, 1, PRODUCT, &row);
    struct about_row again;
    assert_ok(store_about_get(store, &machine, PRODUCT, &again, NULL));
    assert_int_equal(again.number, 7);
    assert_int_equal(again.heard, NOW);
    assert_int_equal(again.until, NOW + DAY);
    assert_memory_equal(&again.says, &row.says, sizeof row.says);
}

static void each_machine_and_product_has_one_of_its_own(void **state)
{
    struct store *const store = store_of(state);
    const struct about_row one = row_named("one", 1, NOW);
    const struct about_row two = row_named("two", 1, NOW);
    const struct about_row three = row_named("three", 1, NOW);
    put(store, 1, PRODUCT, &one);
    put(store, 2, PRODUCT, &two);
    put(store, 1, "writer", &three);
    assert_named(store, 1, PRODUCT, "one");
    assert_named(store, 2, PRODUCT, "two");
    assert_named(store, 1, "writer", "three");
    assert_named(store, 2, "writer", NULL);
}

static void a_higher_number_takes_the_place_and_no_other_does(void **state)
{
    struct store *const store = store_of(state);
    put_named(store, 1, "first", 7, NOW);
    put_named(store, 1, "same", 7, NOW + DAY);
    put_named(store, 1, "lower", 6, NOW + DAY);
    assert_named(store, 1, PRODUCT, "first");
    put_named(store, 1, "", INT64_MAX, NOW);
    assert_named(store, 1, PRODUCT, "");
}

static void what_was_rolled_back_was_not_told(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id machine = machine_of(1);
    const struct about_row row = row_named("gone", 1, NOW);
    put_named(store, 2, "stays", 1, NOW);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_about_put(store, &machine, PRODUCT, &row, NULL));
    assert_named(store, 1, PRODUCT, "gone");
    assert_ok(store_about_clear(store, NULL));
    store_rollback(store);
    assert_named(store, 1, PRODUCT, NULL);
    assert_named(store, 2, PRODUCT, "stays");
}

static void a_reader_sees_what_was_committed(void **state)
{
    struct store *const store = store_of(state);
    struct store *reader;
    put_named(store, 1, "one", 1, NOW);
    assert_ok(store_open_reader(store, &reader, NULL));
    put_named(store, 2, "two", 1, NOW);
    assert_named(reader, 1, PRODUCT, "one");
    assert_named(reader, 2, PRODUCT, "two");
    store_close(reader);
}

static void what_has_had_its_time_is_forgotten_a_few_at_once(void **state)
{
    struct store *const store = store_of(state);
    assert_int_equal(expire(store, NOW, 10), 0);
    for (uint64_t i = 1; i <= 5; i++)
        put_named(store, i, "old", 1, NOW + (seconds)i);
    assert_int_equal(expire(store, NOW, 10), 0);
    assert_int_equal(expire(store, NOW + 4, 3), 3);
    assert_int_equal(expire(store, NOW + 4, 3), 1);
    assert_int_equal(expire(store, NOW + 4, 3), 0);
    assert_named(store, 4, PRODUCT, NULL);
    assert_named(store, 5, PRODUCT, "old");
    put_named(store, 4, "new", 1, NOW + DAY); /* its number is forgotten too */
    assert_named(store, 4, PRODUCT, "new");
}

static void of_a_blocked_machine_it_stays_until_it_is_unblocked(void **state)
{
    struct store *const store = store_of(state);
    const struct machine_id blocked = machine_of(1);
    put_named(store, 1, "stolen", 1, NOW);
    put_named(store, 2, "gone", 1, NOW);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_block(store, &blocked, NOW, "", NULL));
    assert_ok(store_commit(store, NULL));
    assert_int_equal(expire(store, NOW + DAY, 10), 1);
    assert_named(store, 1, PRODUCT, "stolen");
    assert_named(store, 2, PRODUCT, NULL);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_unblock(store, &blocked, NULL));
    assert_ok(store_commit(store, NULL));
    assert_int_equal(expire(store, NOW + DAY, 10), 1);
    assert_named(store, 1, PRODUCT, NULL);
}

static void all_is_forgotten_where_nothing_is_to_be_kept(void **state)
{
    struct store *const store = store_of(state);
    for (uint64_t i = 1; i <= 3; i++)
        put_named(store, i, "one", 1, NOW + DAY);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_about_clear(store, NULL));
    assert_ok(store_commit(store, NULL));
    for (uint64_t i = 1; i <= 3; i++)
        assert_named(store, i, PRODUCT, NULL);
}

static const struct conformance_test tests[] = {
    CONFORMANCE(what_a_machine_tells_comes_back_as_it_was_put),
    CONFORMANCE(each_machine_and_product_has_one_of_its_own),
    CONFORMANCE(a_higher_number_takes_the_place_and_no_other_does),
    CONFORMANCE(what_was_rolled_back_was_not_told),
    CONFORMANCE(a_reader_sees_what_was_committed),
    CONFORMANCE(what_has_had_its_time_is_forgotten_a_few_at_once),
    CONFORMANCE(of_a_blocked_machine_it_stays_until_it_is_unblocked),
    CONFORMANCE(all_is_forgotten_where_nothing_is_to_be_kept),
};

int main(void)
{
    return conformance_run(tests, sizeof tests / sizeof *tests);
}
