/* A database that contradicts itself is called corrupt by whoever meets it, and numbers without a place are refused. */
#include "fixture.h"

#include "sqlite/journal/encoding.h"
#include "sqlite/journal/overlay.h"
#include "sqlite/statements.h"
#include "store/ledger.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW ((seconds)1790000000)

enum { MACHINES = 5, LEAVES = 300 };

static RESULT open_at(const struct fixture *fixture, struct store **ret_store)
{
    const struct store_sqlite_options options = {.path = fixture->path, .create = true, .one_thread = true};
    return store_open_sqlite(&options, ret_store, NULL);
}

static void run_sql(const struct fixture *fixture, const char *sql)
{
    sqlite3 *database;
    char *words = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    if (sqlite3_exec(database, sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s: %s", sql, words);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* ---- one of everything ---- */

static void put_machine(struct store *store, uint32_t number)
{
    const struct machine_id machine = machine_of(number);
    const struct machine_row row = row_of(number, NOW + (seconds)number * 1000, NOW + DAY + (seconds)number * 1000);
    assert_ok(store_machine_put(store, 1, &machine, &row, NULL));
}

static void put_about(struct store *store)
{
    const struct machine_id machine = machine_of(1);
    struct about_row row = {.number = 1, .heard = NOW, .until = NOW + DAY, .says = {.name = "n", .version = "v"}};
    assert_ok(about_attach(&row.says, slice_of("a"), slice_of("1")));
    assert_ok(store_about_put(store, &machine, "studio", &row, NULL));
}

static void append_ledger(struct store *store)
{
    struct slice leaves[LEAVES];
    struct hash hashes[LEAVES];
    for (size_t i = 0; i < LEAVES; i++) {
        leaves[i] = slice_of("leaf");
        hashes[i] = hash_number(i);
    }
    assert_ok(store_leaves_append(store, 1, 0, leaves, LEAVES, NULL));
    assert_ok(store_hashes_append(store, 1, 0, 0, hashes, LEAVES - 5, NULL));
    assert_ok(store_hashes_append(store, 1, 0, LEAVES - 5, hashes + LEAVES - 5, 5, NULL));
}

static void fill(struct fixture *fixture, bool settled)
{
    uint32_t number;
    bool more = settled;
    assert_ok(open_at(fixture, &fixture->store));
    struct store *const store = fixture->store;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, "o", &number, NULL));
    assert_ok(store_license_make(store, 1, "l", "studio", &number, NULL));
    append_ledger(store);
    for (uint32_t i = 0; i < MACHINES; i++) {
        const struct machine_id machine = machine_of(i);
        const struct denial_entry denial = {.time = NOW, .machine = machine, .code = 100};
        put_machine(store, i);
        if (i < 2)
            assert_ok(store_block(store, &machine, NOW, "why", NULL));
        assert_ok(store_denial_add(store, &denial, NULL));
    }
    put_about(store);
    assert_ok(store_commit(store, NULL));
    assert_ok(store_begin(store, NULL));
    put_machine(store, 3);
    assert_ok(store_commit(store, NULL));
    while (more)
        assert_ok(store_tend(store, 1000, &more, NULL));
    store_close(store);
    fixture->store = NULL;
}

/* ---- who meets it ---- */

static RESULT ask_machine(struct store *store)
{
    const struct machine_id machine = machine_of(2);
    struct machine_row row;
    return store_machine_get(store, 1, &machine, &row, NULL);
}

static bool ignore_machine(void *context, const struct machine_entry *entry)
{
    (void)context;
    (void)entry;
    return true;
}

static RESULT ask_list(struct store *store)
{
    return store_machines(store, &(struct machine_filter){.limit = 100}, ignore_machine, NULL, NULL);
}

static RESULT ask_blocked(struct store *store)
{
    return store_machines(store, &(struct machine_filter){.limit = 100, .blocked_only = true}, ignore_machine, NULL,
                          NULL);
}

static RESULT ask_figures(struct store *store)
{
    struct figures figures;
    return store_figures(store, 1, NOW + 4000, &figures, NULL);
}

/* From before the first request: all moments are summed. */
static RESULT ask_old_figures(struct store *store)
{
    struct figures figures;
    return store_figures(store, 1, NOW - 4000, &figures, NULL);
}

static RESULT ask_late_figures(struct store *store)
{
    struct figures figures;
    return store_figures(store, 1, NOW + COUNT_WINDOW + 9000, &figures, NULL);
}

/* At a time whose row of moments has machines before and behind it. */
static RESULT ask_figures_within(struct store *store)
{
    struct figures figures;
    return store_figures(store, 1, NOW + DAY + 2000, &figures, NULL);
}

static RESULT ask_license(struct store *store)
{
    char id[NAME_SIZE];
    return store_license_id(store, 1, id, NULL);
}

static bool ignore_denial(void *context, const struct denial_entry *entry)
{
    (void)context;
    (void)entry;
    return true;
}

static RESULT ask_about(struct store *store)
{
    const struct machine_id machine = machine_of(1);
    struct about_row row;
    return store_about_get(store, &machine, "studio", &row, NULL);
}

static RESULT ask_denials(struct store *store)
{
    return store_denials(store, NULL, 0, 100, ignore_denial, NULL, NULL);
}

static RESULT ask_denials_of(struct store *store)
{
    const struct machine_id machine = machine_of(2);
    return store_denials(store, &machine, 0, 100, ignore_denial, NULL, NULL);
}

static RESULT ask_size(struct store *store)
{
    uint64_t size;
    return store_ledger_size(store, 1, &size, NULL);
}

static bool ignore_leaf(void *context, uint64_t index, struct slice leaf)
{
    (void)context;
    (void)index;
    (void)leaf;
    return true;
}

static RESULT ask_leaves(struct store *store)
{
    return store_leaves(store, 1, 0, LEAVES, ignore_leaf, NULL, NULL);
}

static RESULT read_nothing(const void *context, const char *folder, const char *origin, uint64_t bundle,
                           struct buffer *out, struct reason *reason)
{
    (void)context;
    (void)folder;
    (void)origin;
    (void)bundle;
    (void)out;
    (void)reason;
    return FAIL(ARCHIVE_MISSING);
}

/* With an archive, which has nothing and is not asked either. */
static RESULT ask_leaves_beside_an_archive(struct store *store)
{
    store_archive_attach(store, &(struct leaf_archive){.read = read_nothing});
    return ask_leaves(store);
}

static RESULT ask_first_hash(struct store *store)
{
    struct hash hash;
    return store_hashes_get(store, 1, 0, 3, 1, &hash, NULL);
}

static RESULT ask_last_hash(struct store *store)
{
    struct hash hash;
    return store_hashes_get(store, 1, 0, LEAVES - 1, 1, &hash, NULL);
}

/* What another process does next, in one transaction that is not kept. */
static RESULT begin_and(struct store *store, RESULT (*work)(struct store *store))
{
    TRY(store_begin(store, NULL));
    const struct result result = work(store);
    store_rollback(store);
    return result;
}

static RESULT nothing(struct store *store)
{
    (void)store;
    return RESULT_OK;
}

static RESULT append_hash(struct store *store)
{
    const struct hash hash = hash_number(1);
    return store_hashes_append(store, 1, 0, LEAVES, &hash, 1, NULL);
}

static RESULT append_leaf(struct store *store)
{
    const struct slice leaf = slice_of("leaf");
    return store_leaves_append(store, 1, LEAVES, &leaf, 1, NULL);
}

static RESULT add_denial(struct store *store)
{
    const struct denial_entry denial = {.time = NOW};
    return store_denial_add(store, &denial, NULL);
}

static RESULT ask_begin(struct store *store)
{
    return begin_and(store, nothing);
}

/* Where no end of a look at the database comes behind it, which would fail as well. */
static RESULT ask_figures_to_write(struct store *store)
{
    return begin_and(store, ask_figures);
}

static RESULT ask_append_hash(struct store *store)
{
    return begin_and(store, append_hash);
}

static RESULT forget_machines(struct store *store)
{
    struct machine_key at = {0};
    size_t count;
    return store_machines_expire(store, NOW + 9 * DAY, 100, &at, &count, NULL);
}

static RESULT ask_forget(struct store *store)
{
    return begin_and(store, forget_machines);
}

static RESULT ask_append_leaf(struct store *store)
{
    return begin_and(store, append_leaf);
}

static RESULT ask_add_denial(struct store *store)
{
    return begin_and(store, add_denial);
}

static RESULT ask_settle(struct store *store)
{
    bool more = true;
    while (more)
        TRY(store_tend(store, 1000, &more, NULL));
    return RESULT_OK;
}

/* Other times for a machine: its old moments are taken back. */
static RESULT ask_move(struct store *store)
{
    const struct machine_id machine = machine_of(2);
    const struct machine_row row = row_of(2, NOW + 90000, NOW + 2 * DAY);
    TRY(store_begin(store, NULL));
    TRY(store_machine_put(store, 1, &machine, &row, NULL));
    TRY(store_commit(store, NULL));
    return ask_settle(store);
}

struct damage {
    const char *sql; /* NULL: none, and all is well */
    RESULT (*ask)(struct store *store);
};

#define FIRST_RUN "1099511627776" /* leaf_run.place of ledger 1 */
#define TILES     "8796093022208" /* tile.place of ledger 1, level 0 */
#define TOO_LATE  "253402300800"  /* the year 10000 */
#define LONG(n)   "printf('%." #n "c', 'x')"

static const struct damage settled_damage[] = {
    {"UPDATE machine SET first_request = -1", ask_machine},
    {"UPDATE machine SET first_request = " TOO_LATE, ask_machine},
    {"UPDATE machine SET last_request = -1", ask_machine},
    {"UPDATE machine SET last_request = " TOO_LATE, ask_machine},
    {"UPDATE machine SET issued = -1", ask_machine},
    {"UPDATE machine SET issued = " TOO_LATE, ask_machine},
    {"UPDATE machine SET ends = -1", ask_machine},
    {"UPDATE machine SET ends = " TOO_LATE, ask_machine},
    {"UPDATE machine SET expires = -1", ask_machine},
    {"UPDATE machine SET expires = " TOO_LATE, ask_machine},
    {"UPDATE machine SET heard_time = -1", ask_machine},
    {"UPDATE machine SET heard_time = " TOO_LATE, ask_machine},
    {"UPDATE machine SET number = -1", ask_machine},
    {"UPDATE machine SET heard_number = -1", ask_machine},
    {"UPDATE machine SET note = x'00'", ask_machine},
    {"UPDATE machine SET hardware = x'00'", ask_machine},
    {"UPDATE machine SET requests = -1", ask_machine},
    {"UPDATE machine SET leaf = -1", ask_machine},
    {"UPDATE machine SET ledger = -1", ask_machine},
    {"UPDATE machine SET ledger = 1 << 22", ask_machine},
    {"UPDATE machine SET reclaim_leaf = -1", ask_machine},
    {"UPDATE machine SET reclaim_ledger = -1", ask_machine},
    {"UPDATE machine SET reclaim_ledger = 1 << 22", ask_machine},
    {"UPDATE machine SET last_denial = -1", ask_machine},
    {"UPDATE machine SET last_denial = 4294967296", ask_machine},
    {"UPDATE machine SET address = " LONG(46), ask_machine},
    {"UPDATE machine SET note = x'00'", ask_list},
    {"UPDATE machine SET note = x'00'", ask_forget},
    {"INSERT INTO machine SELECT license, x'99', 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, number, 1, 1, note, hardware, "
     "1, '' FROM "
     "machine "
     "LIMIT 1",
     ask_list},
    {"INSERT INTO block VALUES (x'99', 1, '')", ask_list},
    {"INSERT INTO block VALUES (x'99', 1, '')", ask_begin},
    {"UPDATE block SET reason = " LONG(129), ask_list},
    {"UPDATE block SET reason = " LONG(129), ask_blocked},
    {"UPDATE license SET id = " LONG(64), ask_license},
    {"UPDATE figures SET count = -1", ask_figures},
    {"UPDATE figures SET held = -1", ask_figures},
    {"UPDATE figures SET count = 1", ask_late_figures},
    {"UPDATE figures SET held = 1", ask_late_figures},
    {"PRAGMA writable_schema = ON;"
     "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'machine')"
     " WHERE name = 'figures'",
     ask_figures_to_write},
    {"UPDATE moment SET seconds = x'05'", ask_figures_within},
    {"UPDATE moment SET seconds = x'0500'", ask_figures_within},
    {"UPDATE moment SET seconds = x'05010501'", ask_figures_within},
    {"UPDATE moment SET seconds = x'05010401'", ask_figures_within},
    {"UPDATE moment SET seconds = x'05ffffffffffffffffff01'", ask_figures_within},
    {"UPDATE moment SET machines = -9", ask_late_figures},
    {"DELETE FROM figures; UPDATE moment SET machines = -9", ask_old_figures},
    {"DELETE FROM moment", ask_move},
    {"DELETE FROM settling", ask_begin},
    {"DELETE FROM settling", ask_machine},
    {"UPDATE settling SET emptied = -1, until = -1", ask_begin},
    {"UPDATE settling SET until = emptied - 1", ask_begin},
    {"UPDATE settling SET moment = -1", ask_begin},
    {"UPDATE about SET number = -1", ask_about},
    {"UPDATE about SET heard = -1", ask_about},
    {"UPDATE about SET heard = " TOO_LATE, ask_about},
    {"UPDATE about SET name = " LONG(129), ask_about},
    {"UPDATE about SET name = char(27) || '[31m'", ask_about},
    {"UPDATE about SET version = " LONG(64), ask_about},
    {"UPDATE about SET version = 'a' || char(8238)", ask_about},
    {"UPDATE about SET data = 'a'", ask_about},
    {"UPDATE about SET data = 'a 1'", ask_about},
    {"UPDATE about SET data = 'A 1' || char(10)", ask_about},
    {"UPDATE about SET data = replace(printf('%.9c', 'x'), 'x', 'a 1' || char(10))", ask_about},
    {"UPDATE denial SET number = number - 100", ask_denials},
    {"UPDATE denial SET number = -number", ask_add_denial},
    {"UPDATE denial SET machine = x'00'", ask_denials},
    {"UPDATE denial SET vendor = " LONG(64), ask_denials},
    {"UPDATE denial SET product = " LONG(64), ask_denials},
    {"UPDATE denial SET edition = " LONG(64), ask_denials},
    {"UPDATE denial SET code = -1", ask_denials},
    {"UPDATE denial SET code = 4294967296", ask_denials},
    {"UPDATE denial SET message = " LONG(384), ask_denials},
    {"UPDATE denial SET address = " LONG(46), ask_denials_of},
    {"UPDATE leaf_run SET leaves = 0", ask_size},
    {"UPDATE leaf_run SET leaves = -1", ask_size},
    {"UPDATE leaf_run SET leaves = 257", ask_size},
    {"UPDATE leaf_run SET place = place + 200 WHERE place > " FIRST_RUN "; UPDATE leaf_run SET leaves = 57", ask_size},
    {"UPDATE leaf_run SET leaves = leaves + 1 WHERE place > " FIRST_RUN, ask_leaves},
    {"UPDATE leaf_run SET leaves = leaves - 1 WHERE place > " FIRST_RUN, ask_leaves},
    {"UPDATE leaf_run SET texts = x'' WHERE place > " FIRST_RUN, ask_leaves},
    {"UPDATE leaf_run SET texts = x'01' WHERE place > " FIRST_RUN, ask_leaves},
    {"UPDATE leaf_run SET texts = x'' WHERE place = " FIRST_RUN, ask_leaves_beside_an_archive},
    {"UPDATE leaf_run SET texts = CAST(texts || 'z' AS BLOB) WHERE place > " FIRST_RUN, ask_leaves},
    {"UPDATE leaf_run SET place = place + 1 WHERE place > " FIRST_RUN, ask_leaves},
    {"DELETE FROM leaf_run WHERE place = " FIRST_RUN, ask_leaves},
    {"UPDATE leaf_run SET leaves = 0", ask_append_leaf},
    {"UPDATE tile SET hashes = x''", ask_first_hash},
    {"UPDATE tile SET hashes = zeroblob(31)", ask_first_hash},
    {"UPDATE tile SET hashes = zeroblob(257 * 32)", ask_first_hash},
    {"UPDATE tile SET hashes = zeroblob(256 * 32 + 1)", ask_first_hash},
    {"UPDATE tile_tail SET hashes = x''", ask_last_hash},
    {"UPDATE tile_tail SET hashes = zeroblob(33)", ask_last_hash},
    {"UPDATE tile_tail SET hashes = zeroblob(218 * 32) WHERE place = " TILES " + 295", ask_last_hash},
    {"UPDATE tile_tail SET place = place + 1", ask_last_hash},
    {"UPDATE tile_tail SET hashes = x''", ask_append_hash},
    {"UPDATE tile_tail SET hashes = zeroblob(33)", ask_append_hash},
    {"UPDATE tile_tail SET place = place + 1", ask_append_hash},
    {"UPDATE tile_tail SET hashes = zeroblob(256 * 32)", ask_append_hash},
    {"UPDATE tile_tail SET hashes = zeroblob((256 - 39) * 32) WHERE place = " TILES " + 295", ask_append_hash},
};

static const struct damage unsettled_damage[] = {
    {"UPDATE journal_0 SET records = x'00'", ask_begin},
    {"UPDATE journal_0 SET records = x'00'", ask_machine},
    {"UPDATE journal_0 SET records = x'00'", ask_list},
    {"UPDATE journal_0 SET number = number + 1 WHERE number = 2", ask_begin},
    {"DELETE FROM journal_0 WHERE number = 1", ask_begin},
    {"UPDATE journal_0 SET number = number + 1 WHERE number = 2", ask_figures},
    {"UPDATE settling SET until = 1, emptied = 2", ask_begin},
    {"UPDATE figures SET count = 1", ask_late_figures},
    {"UPDATE figures SET held = 1", ask_late_figures},
    {"INSERT INTO moment VALUES (((1 << 33) + (1790000000 >> 8)), 1, x'ff00')", ask_settle},
};

static void try_damage(struct fixture *fixture, bool settled, const struct damage *damage, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unlink(fixture->path);
        fill(fixture, settled);
        assert_ok(open_at(fixture, &fixture->store));
        const struct result before = damage[i].ask(fixture->store);
        if (!is_ok(before))
            fail_msg("without \"%s\": %s", damage[i].sql, error_info(result_code(before))->name);
        store_close(fixture->store);
        fixture->store = NULL;
        unlink(fixture->path);
        fill(fixture, settled);
        run_sql(fixture, damage[i].sql);
        assert_ok(open_at(fixture, &fixture->store));
        const struct result outcome = damage[i].ask(fixture->store);
        if (result_code(outcome) != ERR_STORE_CORRUPT)
            fail_msg("\"%s\" (%zu): %s", damage[i].sql, i,
                     is_ok(outcome) ? "ok" : error_info(result_code(outcome))->name);
        store_close(fixture->store);
        fixture->store = NULL;
    }
}

static void what_contradicts_itself_is_called_corrupt(void **state)
{
    try_damage(*state, true, settled_damage, sizeof settled_damage / sizeof *settled_damage);
}

static void so_is_what_waits_in_the_journal(void **state)
{
    try_damage(*state, false, unsettled_damage, sizeof unsettled_damage / sizeof *unsettled_damage);
}

/* What SQLite fails at is no number: neither that of one row nor the sum of several. */
static void moments_that_cannot_be_read_are_no_figures(void **state)
{
    static const struct damage damages[] = {
        {"ALTER TABLE moment RENAME COLUMN seconds TO gone", ask_figures_within},
        {"ALTER TABLE moment RENAME COLUMN machines TO gone", ask_late_figures},
    };
    struct fixture *const fixture = *state;
    fill(fixture, true);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        assert_ok(open_at(fixture, &fixture->store));
        assert_ok(damages[i].ask(fixture->store));
        run_sql(fixture, damages[i].sql);
        assert_fails(damages[i].ask(fixture->store), STORE_CORRUPT);
        store_close(fixture->store);
        fixture->store = NULL;
        run_sql(fixture, i == 0 ? "ALTER TABLE moment RENAME COLUMN gone TO seconds" : "SELECT 1");
    }
}

/* A record of the journal whose numbers have no place among the moments. */
static void a_record_beyond_the_moments_is_corrupt(void **state)
{
    struct fixture *const fixture = *state;
    static const struct {
        uint32_t license;
        struct machine_times before;
        struct machine_times after;
        bool good;
        bool empty; /* no row at all */
    } rows[] = {
        {MOMENT_LICENSES_END - 1,
         {MOMENT_SECONDS_END - 1, MOMENT_SECONDS_END - 1},
         {MOMENT_SECONDS_END - 1, MOMENT_SECONDS_END - 1},
         true,
         false},
        {1, {1, 1}, {1, 1}, true, false},
        {1, {1, 1}, {1, 1}, false, true},
        {MOMENT_LICENSES_END, {1, 1}, {1, 1}, false, false},
        {1, {MOMENT_SECONDS_END, 1}, {1, 1}, false, false},
        {1, {1, MOMENT_SECONDS_END}, {1, 1}, false, false},
        {1, {1, 1}, {MOMENT_SECONDS_END, 1}, false, false},
        {1, {1, 1}, {1, MOMENT_SECONDS_END}, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer record = buffer_make(1024);
        CLEANUP_BUFFER struct buffer sql = buffer_make(4096);
        uint8_t bytes[ROW_BYTES_MAX];
        const struct machine_row row = row_of(1, rows[i].after.last_request, rows[i].after.expires);
        const size_t size = rows[i].empty ? 0 : row_write(&row, bytes);
        record_write(&(struct journal_record){rows[i].license, machine_of(1), rows[i].before, slice_make(bytes, size)},
                     &record);
        buffer_append_text(&sql, "INSERT INTO journal_0 VALUES (3, x'");
        buffer_append_hex(&sql, record.data, record.size);
        buffer_append_text(&sql, "')");
        unlink(fixture->path);
        fill(fixture, false);
        run_sql(fixture, buffer_text(&sql));
        assert_ok(open_at(fixture, &fixture->store));
        assert_int_equal(result_code(ask_begin(fixture->store)), rows[i].good ? OK : ERR_STORE_CORRUPT);
        store_close(fixture->store);
        fixture->store = NULL;
    }
}

/* ---- numbers without a place ---- */

static RESULT put_at(struct store *store, uint32_t license, seconds last_request, seconds expires)
{
    const struct machine_id machine = machine_of(1);
    const struct machine_row row = row_of(1, last_request, expires);
    TRY(store_begin(store, NULL));
    const struct result result = store_machine_put(store, license, &machine, &row, NULL);
    if (is_ok(result))
        return store_commit(store, NULL);
    store_rollback(store);
    return result;
}

static void machines_have_a_place_up_to_the_end_of_all_times(void **state)
{
    struct fixture *const fixture = *state;
    const seconds last = TIME_MAX;
    _Static_assert(TIME_MAX < MOMENT_SECONDS_END, "each time has its place among the moments");
    struct figures figures;
    assert_ok(open_at(fixture, &fixture->store));
    struct store *const store = fixture->store;
    assert_fails(put_at(store, MOMENT_LICENSES_END, NOW, NOW), STORE_FAILED);
    assert_fails(put_at(store, 1, MOMENT_SECONDS_END, NOW), STORE_FAILED);
    assert_fails(put_at(store, 1, NOW, MOMENT_SECONDS_END), STORE_FAILED);
    assert_ok(put_at(store, MOMENT_LICENSES_END - 1, last, last));
    assert_ok(store_figures(store, MOMENT_LICENSES_END - 1, last - 1, &figures, NULL));
    assert_int_equal(figures.count, 1);
    assert_int_equal(figures.held, 1);
    assert_ok(store_figures(store, MOMENT_LICENSES_END - 1, last + 5, &figures, NULL));
    assert_int_equal(figures.count, 1);
    assert_int_equal(figures.held, 0);
    assert_ok(store_figures(store, MOMENT_LICENSES_END - 1, MOMENT_SECONDS_END + 5, &figures, NULL));
    assert_int_equal(figures.count, 0);
    assert_ok(store_figures(store, MOMENT_LICENSES_END, NOW, &figures, NULL));
    assert_int_equal(figures.count, 0);
    assert_ok(ask_settle(store));
    assert_ok(store_figures(store, MOMENT_LICENSES_END - 1, last - 1, &figures, NULL));
    assert_int_equal(figures.held, 1);
}

static RESULT append_one(struct store *store, uint32_t ledger)
{
    const struct slice leaf = slice_of("leaf");
    const struct hash hash = hash_number(1);
    TRY(store_begin(store, NULL));
    struct result result = store_leaves_append(store, ledger, 0, &leaf, 1, NULL);
    if (is_ok(result))
        result = store_hashes_append(store, ledger, TILE_LEVELS - 1, 0, &hash, 1, NULL);
    if (is_ok(result))
        return store_commit(store, NULL);
    store_rollback(store);
    return result;
}

static void ledgers_have_a_place_up_to_their_last_number(void **state)
{
    struct fixture *const fixture = *state;
    struct hash hash;
    uint64_t size;
    assert_ok(open_at(fixture, &fixture->store));
    struct store *const store = fixture->store;
    assert_fails(append_one(store, LEDGERS_MAX), STORE_FAILED);
    assert_fails(store_hashes_get(store, LEDGERS_MAX, 0, 0, 1, &hash, NULL), NOT_FOUND);
    assert_fails(store_hashes_get(store, 1, 0, PLACE_END, 1, &hash, NULL), NOT_FOUND);
    assert_ok(append_one(store, LEDGERS_MAX - 1));
    assert_ok(store_ledger_size(store, LEDGERS_MAX - 1, &size, NULL));
    assert_int_equal(size, 1);
    assert_ok(store_hashes_get(store, LEDGERS_MAX - 1, TILE_LEVELS - 1, 0, 1, &hash, NULL));
    assert_ok(store_ledger_size(store, LEDGERS_MAX - 2, &size, NULL));
    assert_int_equal(size, 0);
}

/* A ledger one short of its end: the last run begins at a multiple of 256. */
static void a_ledger_ends_before_its_place_does(void **state)
{
    struct fixture *const fixture = *state;
    const struct slice leaves[2] = {slice_of("a"), slice_of("b")};
    const uint64_t size = PLACE_END - 2;
    uint64_t found;
    assert_ok(open_at(fixture, &fixture->store));
    store_close(fixture->store);
    fixture->store = NULL;
    run_sql(fixture, "INSERT INTO leaf_run VALUES ((1 << 40) + (1 << 40) - 256, 254, zeroblob(254))");
    assert_ok(open_at(fixture, &fixture->store));
    struct store *const store = fixture->store;
    assert_ok(store_ledger_size(store, 1, &found, NULL));
    assert_int_equal(found, size);
    assert_ok(store_begin(store, NULL));
    assert_fails(store_leaves_append(store, 1, size, leaves, 2, NULL), STORE_FAILED);
    assert_ok(store_leaves_append(store, 1, size, leaves, 1, NULL));
    assert_ok(store_commit(store, NULL));
    assert_ok(store_ledger_size(store, 1, &found, NULL));
    assert_int_equal(found, size + 1);
    assert_ok(store_ledger_size(store, 2, &found, NULL));
    assert_int_equal(found, 0);
}

/* More than SQLite takes for one value; it is refused by its size, so that nothing of it has to be there. */
static void a_value_that_is_too_large_is_refused(void **state)
{
    struct fixture *const fixture = *state;
    CLEANUP_BUFFER struct buffer out = buffer_make(100);
    assert_ok(open_at(fixture, &fixture->store));
    struct store *const store = fixture->store;
    struct reason reason = {.text = ""};
    assert_ok(store_begin(store, NULL));
    assert_fails(store_checkpoint_put(store, 1, slice_make("x", (size_t)1 << 31), &reason), STORE_FAILED);
    assert_string_not_equal(reason.text, "");
    store_rollback(store);
    assert_fails(store_checkpoint_get(store, 1, &out, NULL), NOT_FOUND);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_checkpoint_put(store, 1, slice_of("note"), NULL));
    assert_ok(store_commit(store, NULL));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_contradicts_itself_is_called_corrupt),    TEST(so_is_what_waits_in_the_journal),
        TEST(a_record_beyond_the_moments_is_corrupt),       TEST(machines_have_a_place_up_to_the_end_of_all_times),
        TEST(ledgers_have_a_place_up_to_their_last_number), TEST(a_ledger_ends_before_its_place_does),
        TEST(a_value_that_is_too_large_is_refused),         TEST(moments_that_cannot_be_read_are_no_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
