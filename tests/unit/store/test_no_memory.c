/*
 * The nth request for memory gets none, for every n until all get it: a store says NO_MEMORY, keeps what was committed
 * and nothing else; a file is whole for the next process.
 */
#include "fixture.h"

#include "failing_calls.h"
#include "store/ledger.h"
#include "store/memory.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW ((seconds)1790000000)

enum { REQUESTS_MAX = 20000, BATCHES = 3, OF_A_BATCH = 200 };

static RESULT open_memory(const char *path, struct store **ret_store)
{
    (void)path;
    return store_open_memory(ret_store);
}

/* One thread: the plan for the memory is not for several. */
static RESULT open_sqlite(const char *path, struct store **ret_store)
{
    const struct store_sqlite_options options = {
        .path = path, .vfs = "unix", .create = true, .journal_limit = 300, .one_thread = true};
    return store_open_sqlite(&options, ret_store, NULL);
}

static RESULT write_batch(struct store *store, uint64_t batch)
{
    struct slice leaves[OF_A_BATCH];
    struct hash hashes[OF_A_BATCH];
    uint32_t ledger;
    uint32_t license;
    const struct machine_id blocked = machine_of(9000 + batch);
    const struct denial_entry denial = {.time = NOW, .code = 100};
    TRY(store_ledger_make(store, "o", &ledger, NULL));
    TRY(store_license_make(store, ledger, "l", "studio", &license, NULL));
    for (uint64_t i = 0; i < OF_A_BATCH; i++) {
        const struct machine_id machine = machine_of(batch * OF_A_BATCH + i);
        const struct machine_row row = row_of(i, NOW + (seconds)i, NOW + DAY + (seconds)i);
        TRY(store_machine_put(store, license, &machine, &row, NULL));
        leaves[i] = slice_of("leaf");
        hashes[i] = hash_number(i);
    }
    TRY(store_block(store, &blocked, NOW, "", NULL));
    TRY(store_denial_add(store, &denial, NULL));
    TRY(store_leaves_append(store, ledger, batch * OF_A_BATCH, leaves, OF_A_BATCH, NULL));
    return store_hashes_append(store, ledger, 0, batch * OF_A_BATCH, hashes, OF_A_BATCH, NULL);
}

static RESULT commit_batch(struct store *store, uint64_t batch)
{
    TRY(store_begin(store, NULL));
    const struct result written = write_batch(store, batch);
    if (is_ok(written))
        return store_commit(store, NULL);
    store_rollback(store);
    return written;
}

static bool count_machine(void *context, const struct machine_entry *entry)
{
    (void)entry;
    ++*(uint64_t *)context;
    return true;
}

/* Reads as the host's other threads do. */
static RESULT read_all(struct store *store, uint64_t *ret_machines, struct figures *ret_figures)
{
    CLEANUP_BUFFER struct buffer leaf = buffer_make(LEAF_MAX);
    const struct machine_filter filter = {.limit = 10000, .license = 1};
    const struct machine_id machine = machine_of(1);
    struct machine_row row;
    uint64_t machines = 0;
    uint64_t size;
    TRY(store_machine_get(store, 1, &machine, &row, NULL));
    TRY(store_machines(store, &filter, count_machine, &machines, NULL));
    TRY(store_ledger_size(store, 1, &size, NULL));
    if (size > 0)
        TRY(store_leaf_get(store, 1, 0, &leaf, NULL));
    *ret_machines = machines;
    return store_figures(store, 1, NOW, ret_figures, NULL);
}

static RESULT read_beside(struct store *store)
{
    struct store *reader;
    struct figures figures;
    uint64_t machines;
    TRY(store_open_reader(store, &reader, NULL));
    const struct result result = read_all(reader, &machines, &figures);
    store_close(reader);
    return result;
}

/* Once the last of them counts no more, each has been taken off by its moments. */
static void assert_machines(struct store *store, uint64_t count)
{
    struct figures figures;
    uint64_t machines;
    assert_ok(read_all(store, &machines, &figures));
    assert_int_equal(machines, count);
    assert_int_equal(figures.count, count);
    assert_int_equal(figures.held, count);
    assert_ok(store_figures(store, 1, NOW + 2 * COUNT_WINDOW, &figures, NULL));
    assert_int_equal(figures.count, 0);
    assert_int_equal(figures.held, 0);
}

static void assert_batches(struct store *store, uint64_t count)
{
    uint64_t size;
    assert_machines(store, count * OF_A_BATCH);
    assert_ok(store_ledger_size(store, 1, &size, NULL));
    assert_int_equal(size, count * OF_A_BATCH);
}

/* Commits, reads and tends; *committed counts the batches that are there. */
static RESULT play(struct store *store, uint64_t *committed)
{
    bool more = true;
    for (uint64_t batch = 0; batch < BATCHES; batch++) {
        TRY(commit_batch(store, batch));
        ++*committed;
        TRY(read_beside(store));
        TRY(store_tend(store, 50, &more, NULL));
    }
    while (more)
        TRY(store_tend(store, 100, &more, NULL));
    return RESULT_OK;
}

static void try_each_request(struct fixture *fixture, RESULT (*open)(const char *path, struct store **ret_store))
{
    bool happened = true;
    uint64_t failures = 0;
    for (uint64_t nth = 1; happened; nth += 1 + nth / 40) {
        uint64_t committed = 0;
        bool more = true;
        assert_true(nth < REQUESTS_MAX);
        unlink(fixture->path);
        failing_memory_plan(nth);
        struct result result = open(fixture->path, &fixture->store);
        const bool opened = is_ok(result);
        if (opened)
            result = play(fixture->store, &committed);
        happened = failing_memory_happened();
        failing_memory_plan(0);
        if (!is_ok(result) && (!happened || result_code(result) != ERR_NO_MEMORY))
            fail_msg("request %u: %s", (unsigned)nth, error_info(result_code(result))->name);
        failures += !is_ok(result);
        if (!opened)
            assert_ok(open(fixture->path, &fixture->store));
        assert_batches(fixture->store, committed);
        assert_ok(commit_batch(fixture->store, committed));
        while (more)
            assert_ok(store_tend(fixture->store, 1000, &more, NULL));
        assert_batches(fixture->store, committed + 1);
        store_close(fixture->store);
        fixture->store = NULL;
        assert_int_equal(failing_memory_held(), 0);
    }
    assert_true(failures > 5);
}

static RESULT forget_all(struct store *store)
{
    struct machine_key at = {0};
    size_t count;
    TRY(store_begin(store, NULL));
    const struct result forgotten = store_machines_expire(store, NOW + 2 * DAY, OF_A_BATCH, &at, &count, NULL);
    if (is_ok(forgotten))
        return store_commit(store, NULL);
    store_rollback(store);
    return forgotten;
}

static void try_forgetting(struct fixture *fixture, RESULT (*open)(const char *path, struct store **ret_store))
{
    bool happened = true;
    for (uint64_t nth = 1; happened; nth += 1 + nth / 40) {
        bool more = true;
        assert_true(nth < REQUESTS_MAX);
        unlink(fixture->path);
        assert_ok(open(fixture->path, &fixture->store));
        assert_ok(commit_batch(fixture->store, 0));
        while (more)
            assert_ok(store_tend(fixture->store, 1000, &more, NULL));
        failing_memory_plan(nth);
        const struct result result = forget_all(fixture->store);
        happened = failing_memory_happened();
        failing_memory_plan(0);
        assert_int_equal(result_code(result), happened ? ERR_NO_MEMORY : OK);
        assert_machines(fixture->store, happened ? OF_A_BATCH : 0);
        assert_ok(forget_all(fixture->store));
        assert_machines(fixture->store, 0);
        store_close(fixture->store);
        fixture->store = NULL;
    }
}

/* For store_transact(). */
static RESULT add_denial(void *context, struct store *store, struct reason *reason)
{
    const struct denial_entry denial = {.time = NOW, .code = 100};
    (void)context;
    return store_denial_add(store, &denial, reason);
}

static bool count_denial(void *context, const struct denial_entry *entry)
{
    (void)entry;
    ++*(uint64_t *)context;
    return true;
}

static uint64_t denials_in(struct store *store)
{
    uint64_t count = 0;
    assert_ok(store_denials(store, NULL, 0, SIZE_MAX, count_denial, &count, NULL));
    return count;
}

static void try_denials(struct fixture *fixture, RESULT (*open)(const char *path, struct store **ret_store))
{
    bool happened = true;
    uint64_t added = 0;
    unlink(fixture->path);
    assert_ok(open(fixture->path, &fixture->store));
    for (uint64_t nth = 1; happened; nth++) {
        assert_true(nth < REQUESTS_MAX);
        failing_memory_plan(nth);
        const struct result result = store_transact(fixture->store, add_denial, NULL, NULL);
        happened = failing_memory_happened();
        failing_memory_plan(0);
        if (!is_ok(result))
            assert_int_equal(result_code(result), happened ? ERR_NO_MEMORY : OK);
        added += is_ok(result);
        assert_int_equal(denials_in(fixture->store), added);
    }
    store_close(fixture->store);
    fixture->store = NULL;
}

static void a_denial_is_there_or_is_said_not_to_be(void **state)
{
    try_denials(*state, open_memory);
    try_denials(*state, open_sqlite);
}

static void machines_are_forgotten_as_a_whole_or_not(void **state)
{
    try_forgetting(*state, open_memory);
    try_forgetting(*state, open_sqlite);
}

static void a_store_in_memory_says_so(void **state)
{
    try_each_request(*state, open_memory);
}

static void a_store_in_a_file_says_so(void **state)
{
    try_each_request(*state, open_sqlite);
}

static int tear_down(void **state)
{
    failing_memory_plan(0);
    return fixture_tear_down(state);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_store_in_memory_says_so),
        TEST(a_store_in_a_file_says_so),
        TEST(a_denial_is_there_or_is_said_not_to_be),
        TEST(machines_are_forgotten_as_a_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
