/* Old leaves in files: which go, and that none is lost whatever call fails. */
#include "ledger/archive.h"

#include "aged_ledger.h"
#include "failing_calls.h"
#include "store/memory.h"
#include "temporary.h"

#include <errno.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_ok(expression)           assert_int_equal(result_code(expression), OK)
#define assert_fails(expression, error) assert_int_equal(result_code(expression), ERR_##error)

enum { LEAVES = 4 * TILE_WIDTH + 30 };

static struct store *store;
static struct store *reader;
static uint32_t ledger;
static char data[TEMPORARY_SIZE];
static bool lose_commit; /* the next transaction fails */

static int set_up(void **state)
{
    (void)state;
    assert_true(temporary_folder(data, "archive"));
    assert_ok(store_open_memory(&store));
    ledger = aged_ledger_make(store, LEAVES);
    archive_attach(store, data);
    assert_ok(store_open_reader(store, &reader, NULL));
    lose_commit = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    failing_plan(0, 0);
    store_close(reader);
    store_close(store);
    assert_true(temporary_remove(data));
    return 0;
}

/* ---- archiving ---- */

static RESULT transact(void *context, RESULT (*work)(void *work_context, struct store *store, struct reason *reason),
                       void *work_context, struct reason *reason)
{
    if (lose_commit)
        return FAIL(STORE_FAILED);
    return store_transact(context, work, work_context, reason);
}

static RESULT run(const char *folder, seconds before, struct archive_report *report, struct reason *reason)
{
    const struct archive_options options = {
        .data = data, .folder = folder, .before = before, .reader = reader, .transact = transact, .context = store};
    return archive_run(&options, report, reason);
}

static uint64_t archived_now(void)
{
    struct archived archived;
    assert_ok(store_archived(reader, ledger, &archived, NULL));
    return archived.bundles;
}

static bool same(void *context, uint64_t index, struct slice leaf)
{
    uint64_t *const next = context;
    assert_int_equal(index, *next);
    assert_true(slice_equal(leaf, aged_leaf(index)));
    ++*next;
    return true;
}

static void assert_whole(void)
{
    uint64_t next = 0;
    assert_ok(store_leaves(reader, ledger, 0, UINT64_MAX, same, &next, NULL));
    assert_int_equal(next, LEAVES);
}

/* ---- tests ---- */

static void what_is_older_goes_and_only_whole_bundles(void **state)
{
    (void)state;
    struct archive_report report;
    static const struct {
        uint64_t hours; /* behind the first leaf */
        uint64_t bundles;
    } rows[] = {{0, 0}, {255, 0}, {256, 1}, {511, 1}, {512, 2}, {100000, 4}};
    uint64_t before = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ok(run(NULL, AGED_BEGIN + (seconds)rows[i].hours * HOUR, &report, NULL));
        assert_int_equal(report.bundles, rows[i].bundles - before);
        assert_int_equal(report.all, rows[i].bundles);
        assert_int_equal(archived_now(), rows[i].bundles);
        assert_string_equal(report.folder, "archive");
        before = rows[i].bundles;
        assert_whole();
    }
}

static void what_is_not_signed_stays(void **state)
{
    (void)state;
    struct archive_report report;
    aged_ledger_sign(store, ledger, 2 * TILE_WIDTH + 5);
    assert_ok(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, NULL));
    assert_int_equal(report.all, 2);
    assert_whole();
}

static void a_commit_that_is_lost_leaves_all_as_it_was_and_the_next_run_goes_on(void **state)
{
    (void)state;
    struct archive_report report;
    lose_commit = true;
    assert_fails(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, NULL), STORE_FAILED);
    assert_int_equal(archived_now(), 0);
    assert_whole();
    lose_commit = false;
    assert_ok(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, NULL));
    assert_int_equal(report.bundles, 4);
    assert_whole();
}

/* How many calls fail a run, each alone; or one behind a run that wrote its files, and was killed. */
static uint64_t fail_each_call(void **state, bool files_are_there)
{
    uint64_t failures = 0;
    for (uint64_t nth = 1;; nth++) {
        struct archive_report report;
        struct reason reason = {.text = ""};
        lose_commit = files_are_there;
        if (files_are_there)
            assert_fails(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, NULL), STORE_FAILED);
        lose_commit = false;
        failing_plan(nth, nth % 2 == 0 ? ENOSPC : EIO);
        const struct result result = run(NULL, AGED_BEGIN + 100000 * HOUR, &report, &reason);
        failing_plan(0, 0);
        assert_whole();
        if (is_ok(result) && !failing_happened())
            break;
        if (!is_ok(result)) {
            failures++;
            assert_int_equal(archived_now(), 0); /* all are of one step */
            assert_true(result_code(result) == ERR_FILE_WRITE || result_code(result) == ERR_FILE_READ);
            assert_non_null(strstr(reason.text, data));
        }
        assert_ok(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, NULL));
        assert_int_equal(archived_now(), 4);
        assert_whole();
        tear_down(state);
        set_up(state);
    }
    return failures;
}

/* A call that fails, wherever it stands, drops no leaf of which the file is not on the disk. */
static void whatever_call_about_files_fails_no_leaf_is_lost(void **state)
{
    assert_true(fail_each_call(state, false) > 20);
}

/* Only what was read can be said to be something else. */
static void whatever_call_fails_the_files_of_a_killed_run_are_no_others(void **state)
{
    assert_true(fail_each_call(state, true) > 20);
}

static void whatever_reading_fails_is_named_and_works_again(void **state)
{
    (void)state;
    struct archive_report report;
    CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
    assert_ok(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, NULL));
    for (uint64_t nth = 1;; nth++) {
        struct reason reason = {.text = ""};
        failing_plan(nth, EIO);
        const struct result result = store_leaf_get(reader, ledger, 300, &out, &reason);
        failing_plan(0, 0);
        if (!failing_happened())
            break;
        if (is_ok(result)) /* the closing failed */
            continue;
        assert_int_equal(result_code(result), ERR_ARCHIVE_MISSING);
        assert_non_null(strstr(reason.text, "/tile/entries/001"));
    }
    assert_whole();
}

static void what_is_in_the_way_stays(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct archive_report report;
    struct reason reason = {.text = ""};
    assert_ok(path_join(path, data, "archive/" AGED_ORIGIN "/tile/entries"));
    assert_ok(folder_make(path, 0700, NULL));
    assert_ok(path_join(path, path, "002"));
    assert_ok(file_create(path, slice_of("something else"), 0600, NULL));
    assert_fails(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, &reason), ARCHIVE_OTHER);
    assert_non_null(strstr(reason.text, path));
    CLEANUP_BUFFER struct buffer there = buffer_make(100);
    assert_ok(file_read(path, &there, NULL));
    assert_string_equal(buffer_text(&there), "something else");
    assert_whole();
}

static void another_folder_is_taken_once_all_is_there_and_kept(void **state)
{
    (void)state;
    char command[TEMPORARY_SIZE + PATH_SIZE + 32];
    char there[PATH_SIZE];
    struct archive_report report;
    struct archive_state look;
    struct reason reason = {.text = ""};
    assert_ok(path_join(there, data, "elsewhere"));
    assert_ok(run(NULL, AGED_BEGIN + 600 * HOUR, &report, NULL));
    assert_fails(run(there, AGED_BEGIN + 100000 * HOUR, &report, &reason), ARCHIVE_OTHER);
    assert_int_equal(archived_now(), 2);
    snprintf(command, sizeof command, "cp -a '%s/archive' '%s'", data, there);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): the folder is the test's own */
    assert_ok(run(there, AGED_BEGIN + 100000 * HOUR, &report, NULL));
    assert_ok(archive_look(reader, data, &look, &reason));
    assert_string_equal(look.folder, there);
    assert_int_equal(look.bundles, 4);
    assert_ok(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, &reason));
    assert_string_equal(report.folder, there);
    assert_whole();
}

static struct control_archive_check check_from(struct control_archive_check check)
{
    while (!check.finished)
        assert_ok(archive_check_step(reader, &check, NULL));
    return check;
}

static void a_check_counts_what_is_bad_and_names_the_first(void **state)
{
    (void)state;
    struct archive_report report;
    struct control_archive_check check = check_from((struct control_archive_check){.finished = false});
    assert_int_equal(check.all, 0);
    assert_fails(archive_check_verdict(&check), INTERNAL);
    assert_ok(run(NULL, AGED_BEGIN + 100000 * HOUR, &report, NULL));
    check = check_from((struct control_archive_check){.finished = false});
    assert_true(check.all == 4 && check.looked_at == 4 && check.bad == 0);
    assert_string_equal(check.code, "");

    char path[PATH_SIZE];
    assert_ok(path_join(path, data, "archive/" AGED_ORIGIN "/tile/entries/001"));
    assert_int_equal(truncate(path, 1000), 0);
    path[strlen(path) - 1] = '3';
    assert_ok(file_remove(path, NULL));
    check = check_from((struct control_archive_check){.finished = false});
    assert_true(check.looked_at == 4 && check.bad == 2);
    assert_fails(archive_check_verdict(&check), ARCHIVE_DAMAGED);
    assert_non_null(strstr(check.first, "/tile/entries/001"));
    check = check_from((struct control_archive_check){.one = true, .ledger = ledger, .bundle = 2});
    assert_true(check.all == 2 && check.looked_at == 2 && check.bad == 1);
    assert_fails(archive_check_verdict(&check), ARCHIVE_MISSING);
    assert_non_null(strstr(check.first, "/tile/entries/003"));
    check = check_from((struct control_archive_check){.one = true, .ledger = ledger, .bundle = 4});
    assert_true(check.all == 0 && check.looked_at == 0 && check.bad == 0);
    check = (struct control_archive_check){.ledger = (uint64_t)UINT32_MAX + 1};
    assert_fails(archive_check_step(reader, &check, NULL), USAGE);
}

static bool end_at_two(void *context, uint64_t done, uint64_t all)
{
    unsigned *const calls = context;
    assert_int_equal(all, 4);
    assert_int_equal(done, 0);
    return ++*calls < 3;
}

static void it_ends_when_it_is_told_to(void **state)
{
    (void)state;
    unsigned calls = 0;
    struct archive_report report;
    const struct store_watch watch = {end_at_two, &calls};
    const struct archive_options options = {.data = data,
                                            .before = AGED_BEGIN + 100000 * HOUR,
                                            .reader = reader,
                                            .transact = transact,
                                            .context = store,
                                            .watch = &watch};
    assert_fails(archive_run(&options, &report, NULL), STORE_FAILED);
    assert_int_equal(archived_now(), 0);
    assert_whole();
}

/* Whoever changes the table of ledgers leads nobody out of the folder. */
static void no_origin_leads_out_of_the_folder(void **state)
{
    (void)state;
    static const char *const origins[] = {"../x", "a/../../x", "/etc", "a//b", "a/.", ".."};
    const struct slice leaf = slice_of("x");
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        uint32_t other;
        CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
        const struct archived archived = {.bundles = 1, .folder = "archive"};
        assert_ok(store_begin(store, NULL));
        assert_ok(store_ledger_make(store, origins[i], &other, NULL));
        for (uint64_t k = 0; k <= TILE_WIDTH; k++)
            assert_ok(store_leaves_append(store, other, k, &leaf, 1, NULL));
        assert_ok(store_archive(store, other, &archived, NULL));
        assert_ok(store_commit(store, NULL));
        assert_fails(store_leaf_get(reader, other, 0, &out, NULL), STORE_CORRUPT);
    }
}

int main(void)
{
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_older_goes_and_only_whole_bundles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_signed_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_commit_that_is_lost_leaves_all_as_it_was_and_the_next_run_goes_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(whatever_call_about_files_fails_no_leaf_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whatever_call_fails_the_files_of_a_killed_run_are_no_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whatever_reading_fails_is_named_and_works_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_in_the_way_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_folder_is_taken_once_all_is_there_and_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_check_counts_what_is_bad_and_names_the_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_ends_when_it_is_told_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_origin_leads_out_of_the_folder, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
