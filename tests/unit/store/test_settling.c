/*
 * That machines which wait in the journal are told apart from settled ones by nobody: not by the writer, not by
 * readers, not by the next process; whatever is settled when, and whatever fails meanwhile.
 */
#include "fixture.h"

#include "fault_vfs.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/memory.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW ((seconds)1790000000)

enum { MACHINES = 40, LICENSES = 3, SMALL_LIMIT = 24 };

/* ---- stores ---- */

static RESULT open_with(const struct fixture *fixture, size_t journal_limit, struct store **ret_store)
{
    const struct store_sqlite_options options = {
        .path = fixture->path, .vfs = fault_vfs(), .create = true, .journal_limit = journal_limit};
    return store_open_sqlite(&options, ret_store, NULL);
}

static int tear_down(void **state)
{
    fault_set(FAULT_NONE, 0);
    return fixture_tear_down(state);
}

static void close_store(struct fixture *fixture)
{
    store_close(fixture->store);
    fixture->store = NULL;
}

static void settle_all(struct store *store, size_t most)
{
    bool more = true;
    for (int steps = 0; more; steps++) {
        assert_true(steps < 100000);
        assert_ok(store_tend(store, most, &more, NULL));
    }
}

/* A number that SQL gives, asked behind the store's back. */
static int64_t ask_sql(const struct fixture *fixture, const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(fixture->path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

/* ---- what must be there ---- */

struct model {
    struct machine_row rows[LICENSES][MACHINES]; /* last_request 0: never asked */
    bool blocked[MACHINES];
};

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* Ids that are far apart, so that they lie on several pages' worth of ranges and prefixes. */
static struct machine_id spread(uint32_t number)
{
    return machine_of((uint64_t)number * UINT64_C(0x9e3779b97f4a7c15));
}

static int compare_ids(const void *a, const void *b)
{
    const struct machine_id left = spread(*(const uint32_t *)a);
    const struct machine_id right = spread(*(const uint32_t *)b);
    return memcmp(&left, &right, sizeof left);
}

static bool row_equal(const struct machine_row *a, const struct machine_row *b)
{
    return a->record.first_request == b->record.first_request && a->record.last_request == b->record.last_request &&
           a->record.requests == b->record.requests && a->record.issued == b->record.issued &&
           a->record.ends == b->record.ends && a->record.expires == b->record.expires &&
           a->record.released == b->record.released && a->record.renewed == b->record.renewed &&
           a->record.paced == b->record.paced && a->record.reclaimed.ledger == b->record.reclaimed.ledger &&
           a->record.reclaimed.leaf == b->record.reclaimed.leaf && a->record.leaf == b->record.leaf &&
           a->record.ledger == b->record.ledger && a->record.last_denial == b->record.last_denial &&
           a->record.number == b->record.number && a->record.heard.number == b->record.heard.number &&
           a->record.heard.time == b->record.heard.time &&
           memcmp(&a->record.note, &b->record.note, sizeof a->record.note) == 0 &&
           hardware_mark_equal(&a->record.hardware, &b->record.hardware) && strcmp(a->address, b->address) == 0;
}

static void assert_rows(struct store *store, const struct model *model)
{
    for (uint32_t license = 0; license < LICENSES; license++)
        for (uint32_t i = 0; i < MACHINES; i++) {
            const struct machine_id machine = spread(i);
            struct machine_row row;
            assert_ok(store_machine_get(store, license + 1, &machine, &row, NULL));
            assert_true(row_equal(&row, &model->rows[license][i]));
        }
}

static void assert_figures(struct store *store, const struct model *model, seconds now)
{
    for (uint32_t license = 0; license < LICENSES; license++) {
        struct figures expected = {0};
        struct figures figures;
        for (uint32_t i = 0; i < MACHINES; i++) {
            const struct machine_record *const record = &model->rows[license][i].record;
            expected.count += record->last_request > 0 && record->last_request > now - COUNT_WINDOW;
            expected.held += record->expires > now;
        }
        assert_ok(store_figures(store, license + 1, now, &figures, NULL));
        assert_int_equal(figures.count, expected.count);
        assert_int_equal(figures.held, expected.held);
    }
}

struct listed {
    size_t count;
    struct machine_entry entries[LICENSES * MACHINES + MACHINES];
};

static bool collect(void *context, const struct machine_entry *entry)
{
    struct listed *const listed = context;
    listed->entries[listed->count++] = *entry;
    return true;
}

static bool shows(const struct machine_filter *filter, const struct machine_row *row, bool blocked)
{
    return (filter->address == NULL || strcmp(filter->address, row->address) == 0) &&
           (!filter->blocked_only || blocked) && (!filter->holding_only || row->record.expires > filter->now);
}

/* All pages of a list, against the model in the order that lists have. */
static void assert_list(struct store *store, const struct model *model, struct machine_filter filter)
{
    static struct listed listed;
    uint32_t order[MACHINES];
    size_t before;
    size_t at = 0;
    listed.count = 0;
    do {
        before = listed.count;
        filter.after = before == 0 ? NULL : &listed.entries[before - 1];
        assert_ok(store_machines(store, &filter, collect, &listed, NULL));
        assert_true(listed.count - before <= filter.limit);
    } while (listed.count > before);
    for (uint32_t i = 0; i < MACHINES; i++)
        order[i] = i;
    qsort(order, MACHINES, sizeof *order, compare_ids);
    for (uint32_t license = 0; license <= LICENSES; license++)
        for (uint32_t i = 0; i < MACHINES; i++) {
            const struct machine_id machine = spread(order[i]);
            const bool blocked = model->blocked[order[i]];
            static const struct machine_row nothing;
            const struct machine_row *row = license == 0 ? &nothing : &model->rows[license - 1][order[i]];
            bool listable = license > 0 && row->record.last_request > 0;
            if (license == 0) {
                listable = blocked;
                for (uint32_t l = 0; l < LICENSES; l++)
                    listable = listable && model->rows[l][order[i]].record.last_request == 0;
            }
            if (!listable || (filter.license != 0 && license != filter.license) || !shows(&filter, row, blocked))
                continue;
            assert_true(at < listed.count);
            const struct machine_entry *const entry = &listed.entries[at++];
            assert_int_equal(entry->license, license);
            assert_memory_equal(&entry->machine, &machine, sizeof machine);
            assert_true(row_equal(&entry->row, row));
            assert_int_equal(entry->blocked, blocked);
        }
    assert_int_equal(at, listed.count);
}

static void assert_model(struct store *store, const struct model *model, seconds now, uint32_t *seed)
{
    assert_rows(store, model);
    assert_figures(store, model, now);
    assert_figures(store, model, now + (seconds)draw(seed, 40) * DAY);
    assert_list(store, model, (struct machine_filter){.limit = 1 + draw(seed, 200)});
    assert_list(store, model, (struct machine_filter){.limit = 7, .license = 1 + draw(seed, LICENSES)});
    assert_list(store, model, (struct machine_filter){.limit = 5, .blocked_only = true});
    assert_list(store, model, (struct machine_filter){.limit = 9, .holding_only = true, .now = now});
    assert_list(store, model, (struct machine_filter){.limit = 3, .address = "2001:db8::5"});
}

/* ---- what happens ---- */

static void make_licenses(struct store *store)
{
    uint32_t ledger;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, "o", &ledger, NULL));
    for (uint32_t i = 1; i <= LICENSES; i++) {
        char id[8];
        uint32_t license;
        snprintf(id, sizeof id, "l-%u", i);
        assert_ok(store_license_make(store, ledger, id, "studio", &license, NULL));
        assert_int_equal(license, i);
    }
    assert_ok(store_commit(store, NULL));
}

static RESULT change(struct store *store, struct model *model, seconds now, uint32_t *seed)
{
    for (uint32_t changes = draw(seed, 12); changes > 0; changes--) {
        const uint32_t number = draw(seed, MACHINES);
        const uint32_t license = draw(seed, LICENSES);
        const struct machine_id machine = spread(number);
        const seconds expires = draw(seed, 3) == 0 ? 0 : now + (seconds)draw(seed, 60 * DAY) - DAY;
        const struct machine_row row = row_of(draw(seed, 9), now - (seconds)draw(seed, 3), expires);
        TRY(store_machine_put(store, license + 1, &machine, &row, NULL));
        model->rows[license][number] = row;
    }
    if (draw(seed, 4) == 0) {
        const uint32_t number = draw(seed, MACHINES);
        const struct machine_id machine = spread(number);
        if (model->blocked[number])
            TRY(store_unblock(store, &machine, NULL));
        else
            TRY(store_block(store, &machine, now, "why", NULL));
        model->blocked[number] = !model->blocked[number];
    }
    return RESULT_OK;
}

static void commit_some(struct store *store, struct model *model, seconds now, uint32_t *seed)
{
    struct model next = *model;
    assert_ok(store_begin(store, NULL));
    assert_ok(change(store, &next, now, seed));
    if (draw(seed, 3) == 0)
        assert_model(store, &next, now, seed);
    if (draw(seed, 4) == 0) {
        store_rollback(store);
        return;
    }
    assert_ok(store_commit(store, NULL));
    *model = next;
}

/* Puts, rolls back, settles a little and asks, in no order; `each` may do more after each round. */
static void play(struct fixture *fixture, int rounds, uint32_t settled, struct store *(*each)(struct fixture *fixture))
{
    struct model model = {0};
    struct store *reader;
    uint32_t seed = 20261122u + settled;
    seconds now = NOW;
    make_licenses(fixture->store);
    assert_ok(store_open_reader(fixture->store, &reader, NULL));
    for (int round = 0; round < rounds; round++) {
        bool more;
        now += (seconds)draw(&seed, 2 * DAY) - (draw(&seed, 6) == 0 ? 3 * DAY : 0);
        commit_some(fixture->store, &model, now, &seed);
        for (uint32_t i = draw(&seed, 3); i > 0 && settled > 0; i--)
            assert_ok(store_tend(fixture->store, 1 + draw(&seed, settled), &more, NULL));
        assert_model(reader, &model, now, &seed);
        if (each != NULL) {
            store_close(reader);
            assert_model(each(fixture), &model, now, &seed);
            assert_ok(store_open_reader(fixture->store, &reader, NULL));
        }
        if (round % 10 == 0)
            assert_model(fixture->store, &model, now, &seed);
    }
    store_close(reader);
    settle_all(fixture->store, 7);
    assert_model(fixture->store, &model, now, &seed);
}

static struct store *reopen(struct fixture *fixture)
{
    close_store(fixture);
    assert_ok(open_with(fixture, 0, &fixture->store));
    return fixture->store;
}

/* ---- tests ---- */

static void a_store_in_memory_has_nothing_to_settle(void **state)
{
    struct fixture *const fixture = *state;
    bool more = true;
    assert_ok(store_open_memory(&fixture->store));
    assert_ok(store_tend(fixture->store, 1, &more, NULL));
    assert_false(more);
    play(fixture, 40, 5, NULL);
}

static void nobody_sees_how_much_is_settled(void **state)
{
    struct fixture *const fixture = *state;
    static const uint32_t steps[] = {0, 1, 4, 1000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        unlink(fixture->path);
        assert_ok(open_with(fixture, 0, &fixture->store));
        play(fixture, 60, steps[i], NULL);
        close_store(fixture);
    }
}

static void nobody_sees_that_commits_settle_at_the_limit(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_with(fixture, SMALL_LIMIT, &fixture->store));
    play(fixture, 150, 0, NULL);
}

static void the_next_process_finds_what_was_not_settled(void **state)
{
    struct fixture *const fixture = *state;
    static const uint32_t steps[] = {0, 2, 30};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        unlink(fixture->path);
        assert_ok(open_with(fixture, 0, &fixture->store));
        play(fixture, 40, steps[i], reopen);
        close_store(fixture);
    }
}

static struct store *other;

static struct store *ask_other(struct fixture *fixture)
{
    (void)fixture;
    return other;
}

static struct store *settle_other(struct fixture *fixture)
{
    bool more;
    (void)fixture;
    assert_ok(store_tend(other, 3, &more, NULL));
    return other;
}

static void another_process_sees_what_is_settled_and_what_is_not(void **state)
{
    struct fixture *const fixture = *state;
    static const uint32_t steps[] = {0, 1, 5, 100};
    for (size_t i = 0; i < 2 * sizeof steps / sizeof *steps; i++) {
        unlink(fixture->path);
        assert_ok(open_with(fixture, 0, &fixture->store));
        assert_ok(open_with(fixture, 0, &other));
        play(fixture, 40, steps[i / 2], i % 2 == 0 ? ask_other : settle_other);
        store_close(other);
        close_store(fixture);
    }
}

static void put_one(struct store *store, uint32_t number, seconds now)
{
    const struct machine_id machine = spread(number);
    const struct machine_row row = row_of(number, now, now + DAY);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_machine_put(store, 1, &machine, &row, NULL));
    assert_ok(store_commit(store, NULL));
}

static void a_rollback_leaves_what_waits_in_the_journal(void **state)
{
    struct fixture *const fixture = *state;
    const struct machine_id machine = spread(1);
    const struct machine_row first = row_of(1, NOW, NOW + DAY);
    const struct machine_row second = row_of(2, NOW + 9, NOW + 2 * DAY);
    struct machine_row row;
    assert_ok(open_with(fixture, 0, &fixture->store));
    make_licenses(fixture->store);
    put_one(fixture->store, 1, NOW);
    assert_ok(store_begin(fixture->store, NULL));
    assert_ok(store_machine_put(fixture->store, 1, &machine, &second, NULL));
    assert_ok(store_machine_get(fixture->store, 1, &machine, &row, NULL));
    assert_true(row_equal(&row, &second));
    store_rollback(fixture->store);
    assert_ok(store_machine_get(fixture->store, 1, &machine, &row, NULL));
    assert_true(row_equal(&row, &first));
}

/* The other began to settle when the rows were older, and goes on when the newer ones are settled already. */
static void two_processes_that_settle_leave_the_newest(void **state)
{
    struct fixture *const fixture = *state;
    bool more;
    assert_ok(open_with(fixture, 0, &fixture->store));
    assert_ok(open_with(fixture, 0, &other));
    make_licenses(fixture->store);
    for (uint32_t i = 0; i < 10; i++)
        put_one(other, i, NOW + 1);
    assert_ok(store_tend(other, 1, &more, NULL)); /* looks for what a process before it left */
    assert_ok(store_tend(other, 1, &more, NULL));
    for (uint32_t i = 0; i < 10; i++)
        put_one(other, i, NOW + 2);
    assert_ok(store_tend(fixture->store, 1, &more, NULL));
    assert_ok(store_tend(fixture->store, 9, &more, NULL));
    assert_ok(store_tend(other, 8, &more, NULL));
    settle_all(fixture->store, 1000);
    store_close(other);
    for (uint32_t i = 0; i < 10; i++) {
        const struct machine_id machine = spread(i);
        struct machine_row row;
        assert_ok(store_machine_get(fixture->store, 1, &machine, &row, NULL));
        assert_int_equal(row.record.last_request, NOW + 2);
    }
}

static int64_t count_journal(struct fixture *fixture)
{
    return ask_sql(fixture, "SELECT (SELECT count(*) FROM journal_0) + (SELECT count(*) FROM journal_1)");
}

static void settling_brings_all_to_the_tables_and_empties_the_journal(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_with(fixture, 0, &fixture->store));
    make_licenses(fixture->store);
    for (uint32_t i = 0; i < 300; i++)
        put_one(fixture->store, i, NOW + (seconds)i);
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM machine"), 0);
    assert_int_equal(count_journal(fixture), 300);
    settle_all(fixture->store, 50);
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM machine"), 300);
    assert_int_equal(count_journal(fixture), 0);
    assert_int_equal(ask_sql(fixture, "SELECT sum(machines) FROM moment"), 600);
    put_one(fixture->store, 7, NOW + 1000);
    settle_all(fixture->store, 1);
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM machine"), 300);
    assert_int_equal(ask_sql(fixture, "SELECT sum(machines) FROM moment"), 600);
}

/* The table has 256 seconds to a row; settling stops between a row's last second and the next one's first. */
static void a_moment_next_to_the_settled_ones_is_counted(void **state)
{
    struct fixture *const fixture = *state;
    const seconds first = NOW / 256 * 256;
    struct figures figures;
    bool more = true;
    assert_ok(open_with(fixture, 0, &fixture->store));
    make_licenses(fixture->store);
    put_one(fixture->store, 1, first - 1);
    put_one(fixture->store, 2, first);
    while (more) {
        assert_ok(store_tend(fixture->store, 1, &more, NULL));
        assert_ok(store_figures(fixture->store, 1, first + COUNT_WINDOW - 1, &figures, NULL));
        assert_int_equal(figures.count, 1);
        assert_ok(store_figures(fixture->store, 1, first + COUNT_WINDOW, &figures, NULL));
        assert_int_equal(figures.count, 0);
    }
}

static void the_journal_of_a_host_that_is_never_idle_stays_bounded(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_with(fixture, SMALL_LIMIT, &fixture->store));
    make_licenses(fixture->store);
    for (uint32_t i = 0; i < 500; i++) {
        put_one(fixture->store, i % 170, NOW + (seconds)i);
        if (i % 10 == 0)
            assert_true(count_journal(fixture) <= SMALL_LIMIT + 8);
    }
}

/* What was frozen before the restart is in one table, what came later in the other, and neither is free for what comes
 * now: so rows that are settled and rows that are not meet in one of them. */
static void a_journal_in_both_tables_is_settled_after_a_restart(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_with(fixture, 400, &fixture->store));
    make_licenses(fixture->store);
    uint32_t put = 0;
    while (ask_sql(fixture, "SELECT count(*) FROM journal_1") < 5) {
        put_one(fixture->store, put, NOW + (seconds)put);
        put++;
    }
    assert_true(ask_sql(fixture, "SELECT count(*) FROM journal_0") > 0);
    reopen(fixture);
    bool more;
    do /* until it has frozen and begun */
        assert_ok(store_tend(fixture->store, 1, &more, NULL));
    while (ask_sql(fixture, "SELECT count(*) FROM machine") == 0);
    for (uint32_t i = 0; i < 100; i++, put++)
        put_one(fixture->store, put, NOW + (seconds)put);
    bool mixed = false; /* a table of which a part was removed */
    for (more = true; more;) {
        assert_ok(store_tend(fixture->store, 7, &more, NULL));
        mixed = mixed || (ask_sql(fixture, "SELECT count(*) FROM journal_0") == 0 &&
                          ask_sql(fixture, "SELECT count(*) FROM journal_1") == 100);
    }
    assert_true(mixed);
    assert_int_equal(count_journal(fixture), 0);
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM machine"), put);
    assert_int_equal(ask_sql(fixture, "SELECT sum(machines) FROM moment"), 2 * (int64_t)put);
}

/* Each call in turn is the first to fail: what is committed stays, and settling goes on afterwards. */
static void try_each_fault(struct fixture *fixture, enum fault fault)
{
    struct model model = {0};
    uint32_t seed = 7;
    bool happened = true;
    assert_ok(open_with(fixture, 0, &fixture->store));
    make_licenses(fixture->store);
    for (unsigned after = 0; happened; after++) {
        bool more;
        assert_true(after < 1000);
        for (int i = 0; i < 3; i++)
            commit_some(fixture->store, &model, NOW + (seconds)after, &seed);
        fault_set(fault, after);
        struct result result = RESULT_OK;
        for (int i = 0; i < 4 && is_ok(result); i++)
            result = store_tend(fixture->store, 4, &more, NULL);
        if (is_ok(result))
            result = store_tend(fixture->store, 1000, &more, NULL);
        happened = fault_happened();
        fault_set(FAULT_NONE, 0);
        assert_int_equal(result_code(result), happened ? ERR_STORE_FAILED : OK);
        assert_model(fixture->store, &model, NOW + (seconds)after, &seed);
    }
    settle_all(fixture->store, 5);
    assert_model(fixture->store, &model, NOW, &seed);
    assert_model(reopen(fixture), &model, NOW, &seed);
}

static void a_full_disk_takes_back_what_was_being_settled(void **state)
{
    try_each_fault(*state, FAULT_WRITE);
}

static void a_failing_sync_takes_back_what_was_being_settled(void **state)
{
    try_each_fault(*state, FAULT_SYNC);
}

/* A commit at the limit, that settles as well, fails: nothing of either is there. */
static void a_commit_that_settles_fails_as_a_whole(void **state)
{
    struct fixture *const fixture = *state;
    struct model model = {0};
    uint32_t seed = 11;
    assert_ok(open_with(fixture, SMALL_LIMIT, &fixture->store));
    make_licenses(fixture->store);
    for (unsigned round = 0; round < 200; round++) {
        struct model next = model;
        const seconds now = NOW + (seconds)round;
        assert_ok(store_begin(fixture->store, NULL));
        assert_ok(change(fixture->store, &next, now, &seed));
        fault_set(FAULT_WRITE, round % 12);
        const struct result result = store_commit(fixture->store, NULL);
        const bool happened = fault_happened();
        fault_set(FAULT_NONE, 0);
        assert_int_equal(result_code(result), happened ? ERR_STORE_FAILED : OK);
        if (!happened)
            model = next;
        assert_model(fixture->store, &model, now, &seed);
    }
    assert_model(reopen(fixture), &model, NOW, &seed);
}

/* Puts machine after machine and settles, says so on the pipe, until it is killed. */
static void settle_until_killed(const struct fixture *fixture, int said)
{
    struct store *store;
    if (!is_ok(open_with(fixture, SMALL_LIMIT, &store)))
        _exit(1);
    for (uint32_t i = 0; i < 1000000; i++) {
        bool more;
        put_one(store, i % MACHINES, NOW + (seconds)i);
        if (write(said, &i, sizeof i) != (ssize_t)sizeof i)
            _exit(2);
        if (i % 5 == 0 && !is_ok(store_tend(store, 1 + i % 7, &more, NULL)))
            _exit(3);
    }
    _exit(4);
}

static void a_process_killed_while_it_settles_loses_nothing(void **state)
{
    struct fixture *const fixture = *state;
    uint32_t seed = 3;
    assert_ok(open_with(fixture, 0, &fixture->store));
    make_licenses(fixture->store);
    close_store(fixture);
    for (int round = 0; round < 5; round++) {
        int said[2];
        int status;
        uint32_t last = 0;
        assert_int_equal(pipe(said), 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            settle_until_killed(fixture, said[1]);
        close(said[1]);
        for (int i = 0; i < 60 + 3 * round; i++)
            assert_int_equal(read(said[0], &last, sizeof last), sizeof last);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        while (read(said[0], &last, sizeof last) == (ssize_t)sizeof last)
            ;
        close(said[0]);
        assert_ok(open_with(fixture, 0, &fixture->store));
        /* The one after the last may be committed and not said. */
        struct machine_row row;
        const struct machine_id unsure = spread((last + 1) % MACHINES);
        assert_ok(store_machine_get(fixture->store, 1, &unsure, &row, NULL));
        const uint32_t end = row.record.last_request == NOW + (seconds)last + 1 ? last + 2 : last + 1;
        struct model model = {0};
        for (uint32_t i = 0; i < end; i++)
            model.rows[0][i % MACHINES] = row_of(i % MACHINES, NOW + (seconds)i, NOW + (seconds)i + DAY);
        assert_model(fixture->store, &model, NOW + (seconds)end, &seed);
        settle_all(fixture->store, 10);
        assert_model(fixture->store, &model, NOW + (seconds)end, &seed);
        close_store(fixture);
        /* Without the machines that the next child begins anew. */
        unlink(fixture->path);
        assert_ok(open_with(fixture, 0, &fixture->store));
        make_licenses(fixture->store);
        close_store(fixture);
    }
}

/* ---- two threads ---- */

enum { WATCHED = 20, WATCHED_ROUNDS = 200 };

/* Each transaction puts all of the machines, with the number of its round. */
struct watch {
    struct store *reader;
    const char *fault; /* NULL: none */
    uint64_t round;    /* of the machine seen last */
    size_t listed;
};

static bool watch_row(void *context, const struct machine_entry *entry)
{
    struct watch *const watch = context;
    if (watch->listed++ == 0)
        watch->round = entry->row.record.requests;
    if (entry->row.record.requests != watch->round)
        watch->fault = "a list shows machines of two transactions";
    return true;
}

static void watch_once(struct watch *watch)
{
    const struct machine_filter filter = {.limit = WATCHED + 1};
    const struct machine_id machine = spread(3);
    const uint64_t before = watch->round;
    struct figures figures;
    struct machine_row row;
    watch->listed = 0;
    if (!is_ok(store_machines(watch->reader, &filter, watch_row, watch, NULL)) || watch->listed != WATCHED)
        watch->fault = "a list lacks a machine, or has one twice";
    else if (watch->round < before)
        watch->fault = "a list is older than the one before";
    else if (!is_ok(store_figures(watch->reader, 1, NOW + WATCHED_ROUNDS, &figures, NULL)) ||
             figures.count != WATCHED || figures.held != WATCHED)
        watch->fault = "the figures are wrong";
    else if (!is_ok(store_machine_get(watch->reader, 1, &machine, &row, NULL)) || row.record.requests < watch->round)
        watch->fault = "a machine is older than in the list before";
}

static void *watch_machines(void *argument)
{
    struct watch *const watch = argument;
    while (watch->fault == NULL && watch->round < WATCHED_ROUNDS)
        watch_once(watch);
    return NULL;
}

static void put_round(struct store *store, uint64_t round)
{
    assert_ok(store_begin(store, NULL));
    for (uint32_t i = 0; i < WATCHED; i++) {
        const struct machine_id machine = spread(i);
        const struct machine_row row = row_of(round - 1, NOW + (seconds)round, NOW + DAY + (seconds)round);
        assert_ok(store_machine_put(store, 1, &machine, &row, NULL));
    }
    assert_ok(store_commit(store, NULL));
}

static void a_reader_in_another_thread_sees_whole_transactions_while_they_settle(void **state)
{
    struct fixture *const fixture = *state;
    const struct store_sqlite_options options = {
        .path = fixture->path, .create = true, .journal_limit = 400, .checkpoint_pages = 32};
    struct watch watch = {0};
    pthread_t thread;
    assert_ok(store_open_sqlite(&options, &fixture->store, NULL));
    make_licenses(fixture->store);
    put_round(fixture->store, 1);
    assert_ok(store_open_reader(fixture->store, &watch.reader, NULL));
    assert_int_equal(pthread_create(&thread, NULL, watch_machines, &watch), 0);
    for (uint64_t round = 2; round <= WATCHED_ROUNDS; round++) {
        bool more;
        put_round(fixture->store, round);
        if (round % 3 == 0)
            assert_ok(store_tend(fixture->store, 1 + round % 17, &more, NULL));
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    store_close(watch.reader);
    if (watch.fault != NULL)
        fail_msg("%s", watch.fault);
}

/* ---- the log ---- */

static void a_sync_reaches_the_log(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_with(fixture, 0, &fixture->store));
    assert_ok(store_sync(fixture->store, NULL));
    fault_set(FAULT_SYNC, 0);
    assert_fails(store_sync(fixture->store, NULL), STORE_FAILED);
    assert_true(fault_happened());
}

static void assert_log_bounded(struct fixture *fixture, bool one_thread)
{
    const struct store_sqlite_options options = {
        .path = fixture->path, .create = true, .checkpoint_pages = 64, .one_thread = one_thread};
    char log[FIXTURE_PATH_SIZE + 4];
    struct stat status;
    struct store *reader;
    struct machine_row row;
    const struct machine_id machine = spread(0);
    assert_ok(store_open_sqlite(&options, &fixture->store, NULL));
    make_licenses(fixture->store);
    assert_ok(store_open_reader(fixture->store, &reader, NULL));
    snprintf(log, sizeof log, "%s-wal", fixture->path);
    for (uint32_t i = 0; i < 600; i++) {
        put_one(fixture->store, i % MACHINES, NOW + (seconds)i);
        assert_ok(store_machine_get(reader, 1, &machine, &row, NULL));
    }
    assert_int_equal(stat(log, &status), 0);
    /* The pages that were written are more than 16 MiB. A thread may be late, by what it was given meanwhile. */
    assert_true(status.st_size < (one_thread ? 1 : 8) << 20);
    store_close(reader);
    close_store(fixture);
}

static void the_log_stays_bounded_under_load(void **state)
{
    assert_log_bounded(*state, false);
    assert_log_bounded(*state, true);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_store_in_memory_has_nothing_to_settle),
        TEST(nobody_sees_how_much_is_settled),
        TEST(nobody_sees_that_commits_settle_at_the_limit),
        TEST(the_next_process_finds_what_was_not_settled),
        TEST(another_process_sees_what_is_settled_and_what_is_not),
        TEST(a_rollback_leaves_what_waits_in_the_journal),
        TEST(two_processes_that_settle_leave_the_newest),
        TEST(settling_brings_all_to_the_tables_and_empties_the_journal),
        TEST(a_moment_next_to_the_settled_ones_is_counted),
        TEST(the_journal_of_a_host_that_is_never_idle_stays_bounded),
        TEST(a_journal_in_both_tables_is_settled_after_a_restart),
        TEST(a_full_disk_takes_back_what_was_being_settled),
        TEST(a_failing_sync_takes_back_what_was_being_settled),
        TEST(a_commit_that_settles_fails_as_a_whole),
        TEST(a_process_killed_while_it_settles_loses_nothing),
        TEST(a_reader_in_another_thread_sees_whole_transactions_while_they_settle),
        TEST(a_sync_reaches_the_log),
        TEST(the_log_stays_bounded_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
