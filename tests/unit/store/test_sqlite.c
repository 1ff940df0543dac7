/* What only the SQLite store has: files that are not its own, faults of the disk, and ends without a goodbye. */
#include "fixture.h"

#include "fault_vfs.h"
#include "sqlite/statements.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW ((seconds)1790000000)

static int tear_down(void **state)
{
    fault_set(FAULT_NONE, 0);
    fault_read_only(false);
    return fixture_tear_down(state);
}

static RESULT open_at(const struct fixture *fixture, bool create, struct store **ret_store)
{
    const struct store_sqlite_options options = {.path = fixture->path, .vfs = fault_vfs(), .create = create};
    return store_open_sqlite(&options, ret_store, NULL);
}

static void reopen(struct fixture *fixture)
{
    store_close(fixture->store);
    fixture->store = NULL;
    assert_ok(open_at(fixture, false, &fixture->store));
}

/* Runs SQL on the file behind the store's back; leaves the log where it is, as a crash would. */
static void run_sql(const struct fixture *fixture, const char *sql)
{
    sqlite3 *database;
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void write_file(const struct fixture *fixture, const char *text)
{
    FILE *const file = fopen(fixture->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct hash file_hash(const struct fixture *fixture)
{
    static uint8_t bytes[1 << 20];
    FILE *const file = fopen(fixture->path, "r");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    assert_true(size < sizeof bytes);
    fclose(file);
    return hash_of(slice_make(bytes, size));
}

/* Opening gives that error, asked with and without `create`, and the file keeps every byte. */
static void assert_refused(const struct fixture *fixture, enum error_code error)
{
    const struct hash before = file_hash(fixture);
    struct store *store;
    assert_int_equal(result_code(open_at(fixture, false, &store)), error);
    assert_int_equal(result_code(open_at(fixture, true, &store)), error);
    const struct hash after = file_hash(fixture);
    assert_true(hash_equal(&before, &after));
}

/* ---- one batch of data, and whether it is there ---- */

/* For store_transact(). */
static RESULT write_batch(void *context, struct store *store, struct reason *reason)
{
    const uint64_t batch = *(const uint64_t *)context;
    uint32_t ledger;
    uint32_t license;
    char text[32];
    snprintf(text, sizeof text, "leaf %u", (unsigned)batch);
    const struct slice leaf = slice_of(text);
    const struct hash hash = hash_number(batch);
    const struct machine_id machine = machine_of(batch);
    const struct machine_row row = row_of(batch, NOW + (seconds)batch, NOW + DAY + (seconds)batch);
    const struct denial_entry denial = {.time = NOW, .machine = machine, .code = 100};
    TRY(store_ledger_make(store, "origin", &ledger, reason));
    TRY(store_license_make(store, ledger, "l", "studio", &license, reason));
    TRY(store_machine_put(store, license, &machine, &row, reason));
    TRY(store_leaves_append(store, ledger, batch, &leaf, 1, reason));
    TRY(store_hashes_append(store, ledger, 0, batch, &hash, 1, reason));
    return store_denial_add(store, &denial, reason);
}

static RESULT commit_batch(struct store *store, uint64_t batch, struct reason *reason)
{
    return store_transact(store, write_batch, &batch, reason);
}

static bool count_denial(void *context, const struct denial_entry *entry)
{
    (void)entry;
    ++*(uint64_t *)context;
    return true;
}

/* Exactly the batches 0 to count - 1 are there, whole. */
static void assert_batches(struct store *store, uint64_t count)
{
    uint64_t size;
    uint64_t denials = 0;
    struct figures figures;
    assert_ok(store_ledger_size(store, 1, &size, NULL));
    assert_int_equal(size, count);
    assert_ok(store_figures(store, 1, NOW + DAY, &figures, NULL));
    assert_int_equal(figures.count, count);
    assert_int_equal(figures.held, count > 0 ? count - 1 : 0);
    assert_ok(store_denials(store, NULL, 0, SIZE_MAX, count_denial, &denials, NULL));
    assert_int_equal(denials, count);
    for (uint64_t i = 0; i <= count; i++) {
        const struct machine_id machine = machine_of(i);
        const struct hash expected = hash_number(i);
        struct machine_row row;
        struct hash hash;
        assert_ok(store_machine_get(store, 1, &machine, &row, NULL));
        assert_int_equal(row.record.requests, i < count ? i + 1 : 0);
        const struct result read = store_hashes_get(store, 1, 0, i, 1, &hash, NULL);
        assert_int_equal(result_code(read), i < count ? OK : ERR_NOT_FOUND);
        if (i < count)
            assert_true(hash_equal(&hash, &expected));
    }
}

/* ---- opening ---- */

static void a_new_database_can_be_read_by_its_owner_alone(void **state)
{
    struct fixture *const fixture = *state;
    struct stat status;
    const mode_t mask = umask(0);
    assert_ok(open_at(fixture, true, &fixture->store));
    umask(mask);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_ok(commit_batch(fixture->store, 0, NULL));
    char log[FIXTURE_PATH_SIZE + 4];
    snprintf(log, sizeof log, "%s-wal", fixture->path);
    assert_int_equal(stat(log, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void what_is_not_there_is_made_only_when_asked(void **state)
{
    struct fixture *const fixture = *state;
    assert_fails(open_at(fixture, false, &fixture->store), FILE_READ);
    assert_int_equal(access(fixture->path, F_OK), -1);
    struct fixture inside = *fixture;
    snprintf(inside.path, sizeof inside.path, "%s/absent/host.db", fixture->folder);
    assert_fails(open_at(&inside, true, &fixture->store), STORE_FAILED);
    snprintf(inside.path, sizeof inside.path, "%s", fixture->folder);
    assert_fails(open_at(&inside, false, &fixture->store), FILE_READ);
}

static void a_database_of_a_later_version_is_refused_untouched(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_ok(commit_batch(fixture->store, 0, NULL));
    store_close(fixture->store);
    fixture->store = NULL;
    run_sql(fixture, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
    assert_refused(fixture, ERR_STORE_NEWER);
}

static void a_later_version_that_only_the_log_knows_is_refused_untouched(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_ok(commit_batch(fixture->store, 0, NULL));
    store_close(fixture->store);
    fixture->store = NULL;
    run_sql(fixture, "PRAGMA user_version = 99; CREATE TABLE later (x)");
    assert_refused(fixture, ERR_STORE_NEWER);
}

static void files_of_others_are_refused_untouched(void **state)
{
    struct fixture *const fixture = *state;
    static const char *const texts[] = {"x", "SQLite format 3", "A text that is no database.\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(fixture, texts[i]);
        assert_refused(fixture, ERR_STORE_FOREIGN);
    }
    char long_text[5000];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    write_file(fixture, long_text);
    assert_refused(fixture, ERR_STORE_FOREIGN);
    unlink(fixture->path);
    run_sql(fixture, "PRAGMA application_id = 77; PRAGMA user_version = 4; CREATE TABLE t (x)");
    assert_refused(fixture, ERR_STORE_FOREIGN);
    run_sql(fixture, "PRAGMA journal_mode = WAL; INSERT INTO t VALUES (1)");
    assert_refused(fixture, ERR_STORE_FOREIGN);
}

/* The first bytes of a database, of which one thing is another. */
static void write_header(const struct fixture *fixture, const char *magic, const char *application, uint8_t version,
                         size_t size)
{
    uint8_t bytes[4096] = {0};
    for (size_t i = 0; magic[i] != '\0'; i++)
        bytes[i] = (uint8_t)magic[i];
    bytes[63] = version;
    memcpy(bytes + 68, application, 4);
    FILE *const file = fopen(fixture->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void a_file_that_only_begins_like_one_is_refused_untouched(void **state)
{
    struct fixture *const fixture = *state;
    static const struct {
        const char *magic;
        const char *application;
        uint8_t version;
        size_t size;
        enum error_code code;
    } rows[] = {
        {"SQLite format 4", "Aval", STORE_SCHEMA_VERSION, 4096, ERR_STORE_FOREIGN},
        {"SQLite format 3 ", "Aval", STORE_SCHEMA_VERSION, 4096, ERR_STORE_FOREIGN},
        {"SQLite format 3", "Oval", STORE_SCHEMA_VERSION, 4096, ERR_STORE_FOREIGN},
        {"SQLite format 3", "Aval", 0, 4096, ERR_STORE_FOREIGN},
        {"SQLite format 3", "Aval", 99, 4096, ERR_STORE_NEWER},
        {"SQLite format 3", "Aval", 99, 100, ERR_STORE_NEWER},
        {"SQLite format 3", "Aval", 99, 99, ERR_STORE_FOREIGN},
        {"SQLite format 3", "Oval", 99, 4096, ERR_STORE_FOREIGN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_header(fixture, rows[i].magic, rows[i].application, rows[i].version, rows[i].size);
        assert_refused(fixture, rows[i].code);
    }
}

static void an_empty_file_becomes_a_database_only_when_asked(void **state)
{
    struct fixture *const fixture = *state;
    write_file(fixture, "");
    assert_fails(open_at(fixture, false, &fixture->store), STORE_FOREIGN);
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_ok(commit_batch(fixture->store, 0, NULL));
}

static void a_damaged_database_is_called_corrupt(void **state)
{
    struct fixture *const fixture = *state;
    struct machine_row row;
    const struct machine_id machine = machine_of(0);
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_ok(commit_batch(fixture->store, 0, NULL));
    store_close(fixture->store);
    fixture->store = NULL;
    FILE *const file = fopen(fixture->path, "r+");
    assert_non_null(file);
    for (long page = 1; page < 20; page++) {
        assert_int_equal(fseek(file, page * 4096, SEEK_SET), 0);
        assert_int_equal(fputs("this is no page", file) >= 0, true);
    }
    fclose(file);
    assert_ok(open_at(fixture, false, &fixture->store));
    struct reason reason = {.text = ""};
    assert_fails(store_machine_get(fixture->store, 1, &machine, &row, &reason), STORE_CORRUPT);
    assert_string_not_equal(reason.text, "");
}

/* ---- keeping ---- */

static void reopening_gives_the_same(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_at(fixture, true, &fixture->store));
    for (uint64_t i = 0; i < 300; i++) {
        assert_ok(commit_batch(fixture->store, i, NULL));
        if (i % 50 == 0)
            reopen(fixture);
    }
    reopen(fixture);
    assert_batches(fixture->store, 300);
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

/* Else the file would keep each hash twice, for ever and without anybody seeing it. */
static void a_tile_that_became_full_has_no_runs(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_at(fixture, true, &fixture->store));
    for (uint64_t i = 0; i < TILE_WIDTH - 1; i++)
        assert_ok(commit_batch(fixture->store, i, NULL));
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM tile_tail"), TILE_WIDTH - 1);
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM tile"), 0);
    assert_ok(commit_batch(fixture->store, TILE_WIDTH - 1, NULL));
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM tile_tail"), 0);
    assert_int_equal(ask_sql(fixture, "SELECT count(*) FROM tile"), 1);
}

static void figures_that_were_not_kept_are_counted_anew(void **state)
{
    struct fixture *const fixture = *state;
    assert_ok(open_at(fixture, true, &fixture->store));
    for (uint64_t i = 0; i < 20; i++)
        assert_ok(commit_batch(fixture->store, i, NULL));
    store_close(fixture->store);
    fixture->store = NULL;
    run_sql(fixture, "DELETE FROM figures");
    assert_ok(open_at(fixture, false, &fixture->store));
    assert_batches(fixture->store, 20);
    assert_ok(commit_batch(fixture->store, 20, NULL));
    assert_batches(fixture->store, 21);
}

static void what_another_process_wrote_is_seen_by_the_next_transaction(void **state)
{
    struct fixture *const fixture = *state;
    struct store *other;
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_ok(commit_batch(fixture->store, 0, NULL));
    assert_ok(open_at(fixture, false, &other));
    assert_ok(commit_batch(other, 1, NULL));
    assert_ok(commit_batch(fixture->store, 2, NULL));
    assert_ok(commit_batch(other, 3, NULL));
    store_close(other);
    assert_ok(commit_batch(fixture->store, 4, NULL));
    assert_batches(fixture->store, 5);
}

/* ---- faults ---- */

/* Every call in turn is the first to fail: each time nothing of the batch is there, and the next attempt works. */
static void try_each_fault(struct fixture *fixture, enum fault fault)
{
    uint64_t batch = 0;
    bool happened = true;
    assert_ok(open_at(fixture, true, &fixture->store));
    for (; batch < 3; batch++)
        assert_ok(commit_batch(fixture->store, batch, NULL));
    for (unsigned after = 0; happened; after++) {
        assert_true(after < 1000);
        struct reason reason = {.text = ""};
        fault_set(fault, after);
        const struct result result = commit_batch(fixture->store, batch, &reason);
        happened = fault_happened();
        fault_set(FAULT_NONE, 0);
        assert_int_equal(result_code(result), happened ? ERR_STORE_FAILED : OK);
        if (happened) {
            assert_non_null(strstr(reason.text, fault == FAULT_WRITE ? "disk is full" : "disk I/O error"));
            assert_batches(fixture->store, batch);
            assert_ok(commit_batch(fixture->store, batch, NULL));
        }
        batch++;
    }
    assert_true(batch > 4);
    assert_batches(fixture->store, batch);
    reopen(fixture);
    assert_batches(fixture->store, batch);
}

static void a_full_disk_undoes_the_batch_and_nothing_else(void **state)
{
    try_each_fault(*state, FAULT_WRITE);
}

static void a_failing_sync_undoes_the_batch_and_nothing_else(void **state)
{
    try_each_fault(*state, FAULT_SYNC);
}

static void a_database_that_cannot_be_made_is_said_so_and_can_be_made_later(void **state)
{
    struct fixture *const fixture = *state;
    bool happened = true;
    for (unsigned after = 0; happened; after++) {
        assert_true(after < 1000);
        fault_set(FAULT_WRITE, after);
        const struct result result = open_at(fixture, true, &fixture->store);
        happened = fault_happened();
        fault_set(FAULT_NONE, 0);
        assert_int_equal(result_code(result), happened ? ERR_STORE_FAILED : OK);
    }
    assert_ok(commit_batch(fixture->store, 0, NULL));
    assert_batches(fixture->store, 1);
}

static void a_read_only_database_can_be_read_and_not_written(void **state)
{
    struct fixture *const fixture = *state;
    struct store *writer;
    assert_ok(open_at(fixture, true, &writer));
    assert_ok(commit_batch(writer, 0, NULL));
    fault_read_only(true);
    assert_ok(open_at(fixture, false, &fixture->store));
    fault_read_only(false);
    assert_fails(store_begin(fixture->store, NULL), STORE_FAILED);
    assert_batches(fixture->store, 1);
    store_close(writer);
}

/* Commits batch after batch and says so on the pipe, until it is killed. */
static void write_until_killed(const struct fixture *fixture, int said)
{
    struct store *store;
    if (!is_ok(open_at(fixture, false, &store)))
        _exit(1);
    for (uint64_t batch = 0; batch < 100000; batch++) {
        if (!is_ok(commit_batch(store, batch, NULL)))
            _exit(2);
        if (write(said, &batch, sizeof batch) != (ssize_t)sizeof batch)
            _exit(3);
    }
    _exit(4);
}

static void a_killed_process_loses_nothing_that_it_committed(void **state)
{
    struct fixture *const fixture = *state;
    int said[2];
    int status;
    uint64_t batch = 0;
    uint64_t size;
    assert_ok(open_at(fixture, true, &fixture->store));
    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(pipe(said), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_until_killed(fixture, said[1]);
    close(said[1]);
    for (int i = 0; i < 60; i++)
        assert_int_equal(read(said[0], &batch, sizeof batch), sizeof batch);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(said[0], &batch, sizeof batch) == (ssize_t)sizeof batch)
        ;
    close(said[0]);
    assert_ok(open_at(fixture, false, &fixture->store));
    assert_ok(store_ledger_size(fixture->store, 1, &size, NULL));
    assert_in_range(size, batch + 1, batch + 2);
    assert_batches(fixture->store, size);
}

/* ---- speed that can be proved ---- */

static void no_statement_but_one_looks_at_a_whole_table(void **state)
{
    struct fixture *const fixture = *state;
    sqlite3 *database;
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (i == STATEMENT_BLOCK_LIST_SILENT) /* tries each license, of which there are few */
            continue;
        sqlite3_stmt *plan;
        char *const sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement_sql[i]);
        assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *const step = (const char *)sqlite3_column_text(plan, 3);
            if (strncmp(step, "SCAN", 4) == 0 && strcmp(step, "SCAN b") != 0 && strcmp(step, "SCAN CONSTANT ROW") != 0)
                fail_msg("%s: %s", statement_sql[i], step);
            assert_null(strstr(step, "TEMP B-TREE"));
        }
        sqlite3_finalize(plan);
        sqlite3_free(sql);
    }
    sqlite3_close(database);
}

/* ---- copies ---- */

static RESULT add_denial(void *context, struct store *store, struct reason *reason)
{
    const struct denial_entry entry = {.time = NOW, .code = *(const uint32_t *)context};
    return store_denial_add(store, &entry, reason);
}

static size_t denials_in(struct store *store)
{
    size_t count = 0;
    assert_ok(store_denials(store, NULL, 0, SIZE_MAX, count_denial, &count, NULL));
    return count;
}

/* Another handle commits while the copying is under way. */
struct meanwhile {
    struct store *writer;
    bool go_on;
    size_t calls;
};

static bool write_meanwhile(void *context, uint64_t done, uint64_t all)
{
    struct meanwhile *const meanwhile = context;
    uint32_t code = 2;
    assert_true(done <= all);
    meanwhile->calls++;
    assert_ok(store_transact(meanwhile->writer, add_denial, &code, NULL));
    return meanwhile->go_on;
}

static void copy_path(const struct fixture *fixture, char path[static 512])
{
    assert_true(snprintf(path, 512, "%s.copy", fixture->path) < 512);
}

static void a_copy_is_of_one_moment_whoever_writes_meanwhile_and_its_owners_alone(void **state)
{
    struct fixture *const fixture = *state;
    uint32_t code = 1;
    char path[512];
    struct stat about;
    struct store *reader;
    struct store *copy;
    copy_path(fixture, path);
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_ok(store_transact(fixture->store, add_denial, &code, NULL));
    assert_ok(store_open_reader(fixture->store, &reader, NULL));
    struct meanwhile meanwhile = {fixture->store, true, 0};
    const struct store_watch watch = {write_meanwhile, &meanwhile};
    assert_ok(store_copy(reader, path, &watch, NULL));
    assert_true(meanwhile.calls > 0);
    assert_ok(store_copy(reader, path, NULL, NULL)); /* over the one that is there */
    store_close(reader);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    const struct store_sqlite_options options = {.path = path};
    assert_ok(store_open_sqlite(&options, &copy, NULL));
    assert_int_equal(denials_in(copy), 1 + meanwhile.calls);
    store_close(copy);
    assert_int_equal(unlink(path), 0);
}

static void a_copying_that_is_ended_leaves_nothing(void **state)
{
    struct fixture *const fixture = *state;
    char path[512];
    struct store *reader;
    struct reason reason = {.text = ""};
    copy_path(fixture, path);
    assert_ok(open_at(fixture, true, &fixture->store));
    assert_ok(store_open_reader(fixture->store, &reader, NULL));
    struct meanwhile meanwhile = {fixture->store, false, 0};
    const struct store_watch watch = {write_meanwhile, &meanwhile};
    assert_fails(store_copy(reader, path, &watch, &reason), STORE_FAILED);
    assert_string_equal(reason.text, "the copying was ended");
    assert_int_equal(access(path, F_OK), -1);
    assert_fails(store_copy(reader, "/nowhere/at/all", NULL, NULL), STORE_FAILED);
    store_close(reader);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_new_database_can_be_read_by_its_owner_alone),
        TEST(a_copy_is_of_one_moment_whoever_writes_meanwhile_and_its_owners_alone),
        TEST(a_copying_that_is_ended_leaves_nothing),
        TEST(what_is_not_there_is_made_only_when_asked),
        TEST(a_database_of_a_later_version_is_refused_untouched),
        TEST(a_later_version_that_only_the_log_knows_is_refused_untouched),
        TEST(files_of_others_are_refused_untouched),
        TEST(a_file_that_only_begins_like_one_is_refused_untouched),
        TEST(an_empty_file_becomes_a_database_only_when_asked),
        TEST(a_damaged_database_is_called_corrupt),
        TEST(reopening_gives_the_same),
        TEST(a_tile_that_became_full_has_no_runs),
        TEST(figures_that_were_not_kept_are_counted_anew),
        TEST(what_another_process_wrote_is_seen_by_the_next_transaction),
        TEST(a_full_disk_undoes_the_batch_and_nothing_else),
        TEST(a_failing_sync_undoes_the_batch_and_nothing_else),
        TEST(a_database_that_cannot_be_made_is_said_so_and_can_be_made_later),
        TEST(a_read_only_database_can_be_read_and_not_written),
        TEST(a_killed_process_loses_nothing_that_it_committed),
        TEST(no_statement_but_one_looks_at_a_whole_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
