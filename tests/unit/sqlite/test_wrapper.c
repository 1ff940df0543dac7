/* The wrapper around SQLite: whose file it is, what a failure means to its owner, and what a query binds and reads. */
#include "sqlite/query.h"
#include "temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct schema OURS = {.application_id = 0x4f757273, .version = 2};
static const struct schema OLDER = {.application_id = 0x4f757273, .version = 1};
static const struct schema THEIRS = {.application_id = 0x54686569, .version = 2};

static const struct status_meaning MEANINGS[] = {
    {SQLITE_CONSTRAINT, ERR_LOCKED}, {SQLITE_NOTADB, ERR_STORE_FOREIGN}, {0}};

struct fixture {
    char path[TEMPORARY_SIZE];
    struct database database;
};

static RESULT open_at(const char *path, int flags, struct database *ret_database, struct reason *reason)
{
    const struct database_options options = {.path = path, .flags = flags, .guarded = true, .meanings = MEANINGS};
    return database_open(&options, ret_database, reason);
}

static int make_database(void **state)
{
    struct fixture *const fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    if (fixture == NULL)
        return -1;
    const int file = temporary_file(fixture->path, "sqlite");
    if (file < 0 || close(file) != 0 ||
        !is_ok(open_at(fixture->path, SQLITE_OPEN_READWRITE, &fixture->database, NULL)) ||
        !is_ok(database_make_schema(&fixture->database, &OURS,
                                    "CREATE TABLE thing (number INTEGER PRIMARY KEY, text TEXT, bytes BLOB) STRICT",
                                    NULL)))
        return -1;
    return 0;
}

static int remove_database(void **state)
{
    struct fixture *const fixture = *state;
    database_close(&fixture->database);
    unlink(fixture->path);
    free(fixture);
    return 0;
}

static RESULT put(const struct fixture *fixture, int64_t number, const char *text, struct slice bytes,
                  struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&fixture->database, "INSERT INTO thing VALUES (?1, ?2, ?3)", reason);
    query_number(&query, number);
    if (text == NULL)
        query_nothing(&query);
    else
        query_text(&query, text);
    query_bytes(&query, bytes.data, bytes.size);
    return query_run(&query, NULL);
}

static void a_file_is_told_by_its_mark(void **state)
{
    struct fixture *const fixture = *state;
    assert_int_equal(result_code(database_check_schema(&fixture->database, &OURS, NULL)), OK);
    assert_int_equal(result_code(database_check_schema(&fixture->database, &OLDER, NULL)), ERR_STORE_NEWER);
    assert_int_equal(result_code(database_check_schema(&fixture->database, &THEIRS, NULL)), ERR_STORE_FOREIGN);
    assert_int_equal(result_code(schema_check(&OURS, OURS.application_id, 0)), ERR_STORE_FOREIGN);
    assert_int_equal(result_code(schema_check(&OURS, OURS.application_id, 1)), OK);
    const struct schema without_older = {OURS.application_id, OURS.version, OURS.version};
    assert_int_equal(result_code(schema_check(&without_older, OURS.application_id, OURS.version)), OK);
    assert_int_equal(result_code(schema_check(&without_older, OURS.application_id, OURS.version - 1)),
                     ERR_STORE_FOREIGN);
}

static void a_schema_that_fails_leaves_no_table_behind(void **state)
{
    struct fixture *const fixture = *state;
    struct database other = {0};
    int64_t tables = -1;
    unlink(fixture->path);
    assert_true(is_ok(open_at(fixture->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &other, NULL)));
    assert_int_equal(result_code(database_make_schema(&other, &OURS, "CREATE TABLE a (b); CREATE TABLE a (b)", NULL)),
                     ERR_STORE_FAILED);
    database_close(&other);
    assert_true(is_ok(open_at(fixture->path, SQLITE_OPEN_READWRITE, &other, NULL)));
    assert_true(is_ok(database_number(&other, "SELECT count(*) FROM sqlite_schema", &tables, NULL)));
    assert_int_equal(tables, 0);
    database_close(&other);
}

static void a_failure_means_what_its_owner_says_in_words_of_sqlite(void **state)
{
    const struct fixture *const fixture = *state;
    struct reason reason = {.text = ""};
    assert_true(is_ok(put(fixture, 1, "one", slice_of(""), &reason)));
    assert_string_equal(reason.text, "");
    assert_int_equal(result_code(put(fixture, 1, "one", slice_of(""), &reason)), ERR_LOCKED);
    assert_string_equal(reason.text, "UNIQUE constraint failed: thing.number (SQLite 1555)");
    assert_int_equal(result_code(database_run(&fixture->database, "nonsense", &reason)), ERR_STORE_FAILED);
    assert_string_equal(reason.text, "near \"nonsense\": syntax error (SQLite 1)");
    assert_int_equal(result_code(database_status(&fixture->database, SQLITE_IOERR_FSYNC, &reason)), ERR_STORE_FAILED);
    assert_string_equal(reason.text, "disk I/O error (SQLite 1034)"); /* of its file: not what was run before */
    assert_int_equal(result_code(database_status(&fixture->database, SQLITE_NOMEM, NULL)), ERR_NO_MEMORY);
    assert_int_equal(result_code(database_status(&fixture->database, SQLITE_DONE, NULL)), OK);
}

static void what_is_no_database_does_not_open(void **state)
{
    struct fixture *const fixture = *state;
    struct database other = {0};
    struct reason reason = {.text = ""};
    assert_int_equal(result_code(open_at("/tmp", SQLITE_OPEN_READWRITE, &other, &reason)), ERR_STORE_FAILED);
    assert_non_null(strstr(reason.text, "unable to open"));
    assert_null(other.handle);
    database_close(&fixture->database);
    FILE *const file = fopen(fixture->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++)
        assert_true(fputs("this is no database at all\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_true(is_ok(open_at(fixture->path, SQLITE_OPEN_READWRITE, &other, NULL)));
    assert_int_equal(result_code(database_check_schema(&other, &OURS, NULL)), ERR_STORE_FOREIGN);
    database_close(&other);
}

static void a_guarded_database_cannot_be_damaged_by_sql(void **state)
{
    const struct fixture *const fixture = *state;
    assert_int_equal(
        result_code(database_run(&fixture->database, "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema", NULL)),
        ERR_STORE_FAILED);
    assert_int_equal(result_code(database_check_schema(&fixture->database, &OURS, NULL)), OK);
}

static void a_query_reports_at_its_first_step_what_failed_before(void **state)
{
    const struct fixture *const fixture = *state;
    bool row = true;
    struct reason reason = {.text = ""};
    CLEANUP_QUERY struct query wrong = query_once(&fixture->database, "SELECT number FROM nowhere", &reason);
    query_number(&wrong, 1);
    query_text(&wrong, "text");
    query_bytes(&wrong, "bytes", 5);
    query_nothing(&wrong);
    assert_int_equal(result_code(query_step(&wrong, &row)), ERR_STORE_FAILED);
    assert_string_equal(reason.text, "no such table: nowhere (SQLite 1)");
    CLEANUP_QUERY struct query full = query_once(&fixture->database, "SELECT ?1", &reason);
    query_number(&full, 1);
    query_number(&full, 2); /* one too many */
    query_number(&full, 3);
    assert_int_equal(result_code(query_step(&full, &row)), ERR_STORE_FAILED);
    assert_non_null(strstr(reason.text, "(SQLite 25)"));
}

static void columns_are_what_was_bound(void **state)
{
    const struct fixture *const fixture = *state;
    bool row = false;
    uint64_t number = 0;
    char bytes[5];
    char text[8];
    assert_true(is_ok(put(fixture, -7, "seven", slice_of("bytes"), NULL)));
    assert_true(is_ok(put(fixture, 8, NULL, slice_of(""), NULL)));
    CLEANUP_QUERY struct query query =
        query_once(&fixture->database, "SELECT number, text, bytes FROM thing ORDER BY number", NULL);
    assert_true(is_ok(query_step(&query, &row)) && row);
    assert_int_equal(column_number(&query, 0), -7);
    assert_int_equal(result_code(column_unsigned(&query, 0, &number)), ERR_STORE_CORRUPT);
    assert_true(is_ok(column_text(&query, 1, text, sizeof text)));
    assert_string_equal(text, "seven");
    assert_int_equal(result_code(column_text(&query, 1, text, 5)), ERR_STORE_CORRUPT);
    assert_true(is_ok(column_exactly(&query, 2, bytes, 5)));
    assert_memory_equal(bytes, "bytes", 5);
    assert_int_equal(result_code(column_exactly(&query, 2, bytes, 4)), ERR_STORE_CORRUPT);
    assert_false(column_is_nothing(&query, 1));
    assert_true(is_ok(query_step(&query, &row)) && row);
    assert_true(is_ok(column_unsigned(&query, 0, &number)));
    assert_int_equal(number, 8);
    assert_true(column_is_nothing(&query, 1));
    assert_false(column_is_nothing(&query, 2)); /* bytes, though none */
    assert_int_equal(column_slice(&query, 2).size, 0);
    assert_true(is_ok(query_step(&query, &row)));
    assert_false(row);
}

static void a_kept_statement_runs_again(void **state)
{
    const struct fixture *const fixture = *state;
    sqlite3_stmt *kept = NULL;
    for (int64_t i = 0; i < 3; i++) {
        int changed = 0;
        CLEANUP_QUERY struct query query =
            query_kept(&fixture->database, &kept, "INSERT INTO thing (number, text) VALUES (?1, ?2)", NULL);
        query_number(&query, i);
        query_text_slice(&query, slice_make("text and more", 4));
        assert_true(is_ok(query_run(&query, &changed)));
        assert_int_equal(changed, 1);
    }
    int64_t count = 0;
    sqlite3_finalize(kept);
    assert_true(
        is_ok(database_number(&fixture->database, "SELECT count(*) FROM thing WHERE text = 'text'", &count, NULL)));
    assert_int_equal(count, 3);
}

static void a_copy_holds_everything(void **state)
{
    const struct fixture *const fixture = *state;
    CLEANUP_DATABASE struct database copy = {0};
    int64_t count = 0;
    for (int64_t i = 0; i < 5; i++)
        assert_true(is_ok(put(fixture, i, "text", slice_of(""), NULL)));
    assert_true(is_ok(open_at("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &copy, NULL)));
    assert_true(is_ok(database_copy(&fixture->database, &copy, NULL)));
    assert_true(is_ok(database_number(&copy, "SELECT count(*) FROM thing", &count, NULL)));
    assert_int_equal(count, 5);
    assert_int_equal(result_code(database_check_schema(&copy, &OURS, NULL)), OK);
}

static void a_copy_into_a_database_in_use_fails(void **state)
{
    const struct fixture *const fixture = *state;
    CLEANUP_DATABASE struct database copy = {0};
    struct reason reason = {.text = ""};
    assert_true(is_ok(open_at("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &copy, NULL)));
    assert_true(is_ok(database_run(&copy, "BEGIN; CREATE TABLE thing (number)", NULL)));
    assert_true(database_in_transaction(&copy));
    assert_int_equal(result_code(database_copy(&fixture->database, &copy, &reason)), ERR_STORE_FAILED);
    assert_string_not_equal(reason.text, "");
}

#define SQLITE_TEST(test) cmocka_unit_test_setup_teardown(test, make_database, remove_database)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SQLITE_TEST(a_file_is_told_by_its_mark),
        SQLITE_TEST(a_schema_that_fails_leaves_no_table_behind),
        SQLITE_TEST(a_failure_means_what_its_owner_says_in_words_of_sqlite),
        SQLITE_TEST(what_is_no_database_does_not_open),
        SQLITE_TEST(a_guarded_database_cannot_be_damaged_by_sql),
        SQLITE_TEST(a_query_reports_at_its_first_step_what_failed_before),
        SQLITE_TEST(columns_are_what_was_bound),
        SQLITE_TEST(a_kept_statement_runs_again),
        SQLITE_TEST(a_copy_holds_everything),
        SQLITE_TEST(a_copy_into_a_database_in_use_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
