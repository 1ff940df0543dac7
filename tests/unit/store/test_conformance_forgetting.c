/* What store.h promises, asked of every kind of store: machines that are forgotten. */
#include "fixture.h"

#include "conformance.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"

#include <string.h>

#define NOW  ((seconds)1790000000)
#define THEN (NOW - 30 * DAY)

enum { LOOK_AT_ALL = 1000 };

/* Those of these tests: all under one license. */
enum {
    QUIET = 1, /* asked long ago, and holds nothing */
    ASKING,    /* asked just then */
    HOLDING,   /* its seat ended just then */
    BLOCKED,   /* as quiet, and blocked */
    NEVER_HELD /* as quiet, and never had a lease */
};

struct scene {
    struct store *store;
    uint32_t license;
};

static void put(const struct scene *scene, uint64_t number, seconds last_request, seconds expires)
{
    const struct machine_id machine = machine_of(number);
    const struct machine_row row = row_of(number, last_request, expires);
    assert_ok(store_machine_put(scene->store, scene->license, &machine, &row, NULL));
}

static void settle(struct store *store)
{
    bool more = true;
    while (more)
        assert_ok(store_tend(store, 1000, &more, NULL));
}

/* A store with these machines, all in their place. */
static struct scene begin(void **state)
{
    struct scene scene = {.store = ((struct fixture *)*state)->store};
    const struct machine_id blocked = machine_of(BLOCKED);
    uint32_t ledger;
    assert_ok(store_begin(scene.store, NULL));
    assert_ok(store_ledger_make(scene.store, "kms.uni.example/acme.example", &ledger, NULL));
    assert_ok(store_license_make(scene.store, ledger, "L1", "studio", &scene.license, NULL));
    put(&scene, QUIET, THEN - DAY, THEN - 1);
    put(&scene, ASKING, THEN, THEN - 1);
    put(&scene, HOLDING, THEN - DAY, THEN);
    put(&scene, BLOCKED, THEN - DAY, THEN - 1);
    put(&scene, NEVER_HELD, THEN - 1, 0);
    assert_ok(store_block(scene.store, &blocked, NOW, "lost", NULL));
    assert_ok(store_commit(scene.store, NULL));
    settle(scene.store);
    return scene;
}

static size_t expire(const struct scene *scene, size_t look, struct machine_key *at)
{
    size_t count;
    assert_ok(store_begin(scene->store, NULL));
    assert_ok(store_machines_expire(scene->store, THEN, look, at, &count, NULL));
    assert_ok(store_commit(scene->store, NULL));
    return count;
}

static bool is_there(const struct scene *scene, uint64_t number)
{
    const struct machine_id machine = machine_of(number);
    const struct machine_key key = {scene->license, machine};
    struct machine_row row;
    struct machine_found found;
    assert_ok(store_machine_get(scene->store, scene->license, &machine, &row, NULL));
    assert_ok(store_fetch(scene->store, &key, 1, &found, NULL));
    assert_int_equal(found.row.record.requests, row.record.requests);
    return row.record.first_request != 0;
}

static bool add_up(void *context, const struct machine_entry *entry)
{
    uint64_t *const sum = context; /* of bits, one for each machine */
    for (uint64_t number = QUIET; number <= NEVER_HELD; number++) {
        const struct machine_id machine = machine_of(number);
        if (memcmp(&entry->machine, &machine, sizeof machine) == 0)
            *sum |= UINT64_C(1) << number;
    }
    assert_int_not_equal(entry->row.record.first_request, 0);
    return true;
}

static uint64_t listed(struct store *store)
{
    const struct machine_filter all = {.now = NOW, .limit = 100};
    uint64_t sum = 0;
    assert_ok(store_machines(store, &all, add_up, &sum, NULL));
    return sum;
}

#define BITS(...) bits_of((const uint64_t[]){__VA_ARGS__, 0})
static uint64_t bits_of(const uint64_t *numbers)
{
    uint64_t bits = 0;
    for (; *numbers != 0; numbers++)
        bits |= UINT64_C(1) << *numbers;
    return bits;
}

static void assert_figures(const struct scene *scene, seconds now, uint64_t count, uint64_t held)
{
    struct figures figures;
    assert_ok(store_figures(scene->store, scene->license, now, &figures, NULL));
    assert_int_equal(figures.count, count);
    assert_int_equal(figures.held, held);
}

static void who_is_of_no_more_use_is_forgotten_and_nobody_else(void **state)
{
    const struct scene scene = begin(state);
    struct store *reader;
    struct machine_key at = {0};
    assert_ok(store_open_reader(scene.store, &reader, NULL));
    assert_figures(&scene, THEN - DAY, 5, 4);
    assert_int_equal(expire(&scene, LOOK_AT_ALL, &at), 2);
    assert_int_equal(at.license, 0);
    for (int settled = 0; settled < 2; settled++) {
        assert_int_equal(listed(scene.store), BITS(ASKING, HOLDING, BLOCKED));
        assert_int_equal(listed(reader), BITS(ASKING, HOLDING, BLOCKED));
        assert_false(is_there(&scene, QUIET));
        assert_false(is_there(&scene, NEVER_HELD));
        assert_true(is_there(&scene, ASKING) && is_there(&scene, HOLDING) && is_there(&scene, BLOCKED));
        assert_figures(&scene, THEN - DAY, 3, 3);
        assert_int_equal(expire(&scene, LOOK_AT_ALL, &at), 0);
        settle(scene.store);
    }
    store_close(reader);
}

static void the_look_goes_on_where_it_stopped(void **state)
{
    const struct scene scene = begin(state);
    struct machine_key at = {0};
    size_t forgotten = 0;
    for (uint64_t number = QUIET; number <= NEVER_HELD; number++) {
        const struct machine_id machine = machine_of(number);
        forgotten += expire(&scene, 1, &at);
        assert_int_equal(at.license, scene.license);
        assert_memory_equal(&at.machine, &machine, sizeof machine);
        assert_int_equal(forgotten, number == NEVER_HELD ? 2 : 1);
    }
    assert_int_equal(expire(&scene, 1, &at), 0);
    assert_int_equal(at.license, 0);
}

static void whoever_comes_back_begins_anew(void **state)
{
    const struct scene scene = begin(state);
    struct machine_key at = {0};
    for (int settled = 0; settled < 2; settled++) {
        assert_int_equal(expire(&scene, LOOK_AT_ALL, &at), settled == 0 ? 2 : 1);
        if (settled == 1)
            settle(scene.store);
        assert_false(is_there(&scene, QUIET));
        assert_ok(store_begin(scene.store, NULL));
        put(&scene, QUIET, NOW, NOW + DAY);
        assert_true(is_there(&scene, QUIET));
        assert_ok(store_commit(scene.store, NULL));
        assert_figures(&scene, NOW, 1, 1);
        assert_int_equal(listed(scene.store), BITS(QUIET, ASKING, HOLDING, BLOCKED));
        settle(scene.store);
        assert_int_equal(listed(scene.store), BITS(QUIET, ASKING, HOLDING, BLOCKED));
        assert_true(is_there(&scene, QUIET));
        assert_ok(store_begin(scene.store, NULL));
        put(&scene, QUIET, THEN - DAY, 0);
        assert_ok(store_commit(scene.store, NULL));
        settle(scene.store);
    }
}

/* What the table says of it is old. */
static void whoever_has_just_asked_is_not_forgotten(void **state)
{
    const struct scene scene = begin(state);
    struct machine_key at = {0};
    assert_ok(store_begin(scene.store, NULL));
    put(&scene, QUIET, NOW, 0);
    assert_ok(store_commit(scene.store, NULL));
    assert_int_equal(expire(&scene, LOOK_AT_ALL, &at), 1);
    assert_true(is_there(&scene, QUIET));
}

static void what_was_rolled_back_is_forgotten_by_nobody(void **state)
{
    const struct scene scene = begin(state);
    struct machine_key at = {0};
    size_t count;
    assert_ok(store_begin(scene.store, NULL));
    assert_ok(store_machines_expire(scene.store, THEN, LOOK_AT_ALL, &at, &count, NULL));
    assert_int_equal(count, 2);
    assert_false(is_there(&scene, QUIET));
    store_rollback(scene.store);
    assert_true(is_there(&scene, QUIET));
    assert_figures(&scene, THEN - DAY, 5, 4);
    assert_int_equal(listed(scene.store), BITS(QUIET, ASKING, HOLDING, BLOCKED, NEVER_HELD));
}

static bool first_of(void *context, const struct machine_entry *entry)
{
    *(struct machine_entry *)context = *entry;
    return false;
}

/* It is one that never asked. */
static void whoever_is_blocked_after_that_is_listed(void **state)
{
    const struct scene scene = begin(state);
    const struct machine_id machine = machine_of(QUIET);
    const struct machine_filter blocked = {.blocked_only = true, .now = NOW, .limit = 10};
    struct machine_key at = {0};
    struct machine_entry entry = {0};
    expire(&scene, LOOK_AT_ALL, &at);
    settle(scene.store);
    assert_ok(store_begin(scene.store, NULL));
    assert_ok(store_block(scene.store, &machine, NOW, "", NULL));
    assert_ok(store_commit(scene.store, NULL));
    assert_ok(store_machines(scene.store, &blocked, first_of, &entry, NULL));
    assert_int_equal(entry.license, 0);
    assert_memory_equal(&entry.machine, &machine, sizeof machine);
}

static const struct conformance_test tests[] = {
    CONFORMANCE(who_is_of_no_more_use_is_forgotten_and_nobody_else),
    CONFORMANCE(the_look_goes_on_where_it_stopped),
    CONFORMANCE(whoever_comes_back_begins_anew),
    CONFORMANCE(whoever_has_just_asked_is_not_forgotten),
    CONFORMANCE(what_was_rolled_back_is_forgotten_by_nobody),
    CONFORMANCE(whoever_is_blocked_after_that_is_listed),
};

int main(void)
{
    return conformance_run(tests, sizeof tests / sizeof *tests);
}
