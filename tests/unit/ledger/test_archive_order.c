/*
 * The power may go at any moment: when the leaves of a bundle are dropped, its file, its name, and the names of all
 * folders above it have been brought to the disk, in this run and in this order.
 *
 * What is asked of the system is written down by functions that the linker puts before its own.
 */
#include "ledger/archive.h"

#include "aged_ledger.h"
#include "store/memory.h"
#include "temporary.h"

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

#define assert_ok(expression) assert_int_equal(result_code(expression), OK)

enum { EVENTS_MAX = 1000, BUNDLES = 3 };

/* ---- what was asked of the system ---- */

static struct event {
    char what; /* 's': the file or folder was synced; 'n': it got its name; 'c': the transaction */
    char path[PATH_SIZE];
} events[EVENTS_MAX];
static size_t event_count;

static void note(char what, const char *path)
{
    assert_true(event_count < EVENTS_MAX);
    events[event_count].what = what;
    snprintf(events[event_count++].path, PATH_SIZE, "%s", path);
}

static void path_of(int file, char path[static PATH_SIZE])
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    const ssize_t size = readlink(name, path, PATH_SIZE - 1);
    assert_true(size > 0);
    path[size] = 0;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_fsync(int file);
int __wrap_renameat(int from, const char *old, int to, const char *new);

int __wrap_fsync(int file)
{
    char path[PATH_SIZE];
    path_of(file, path);
    note('s', path);
    return 0;
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    path_of(to, folder);
    assert_ok(path_join(path, folder, old));
    size_t i = event_count;
    while (i > 0 && !(events[i - 1].what == 's' && strcmp(events[i - 1].path, path) == 0))
        i--;
    assert_true(i > 0); /* its bytes came first */
    assert_ok(path_join(path, folder, new));
    note('n', path);
    return __real_renameat(from, old, to, new);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */

/* Where it stands behind `from`; fails where it does not. */
static size_t find(char what, const char *path, size_t from)
{
    for (size_t i = from; i < event_count; i++)
        if (events[i].what == what && strcmp(events[i].path, path) == 0)
            return i;
    fail_msg("%c %s is missing", what, path);
    return 0;
}

/* ---- a ledger ---- */

static struct store *store;
static char data[TEMPORARY_SIZE];

static void assert_on_disk(uint64_t bundle)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/archive/" AGED_ORIGIN "/tile/entries/%03u", data, (unsigned)bundle);
    const size_t named = find('n', path, 0);
    *strrchr(path, '/') = 0;
    (void)find('s', path, named); /* the name of the file */
    while (strcmp(path, data) != 0) {
        *strrchr(path, '/') = 0;
        (void)find('s', path, 0);
    }
}

static RESULT transact(void *context, RESULT (*work)(void *work_context, struct store *store, struct reason *reason),
                       void *work_context, struct reason *reason)
{
    for (uint64_t bundle = 0; bundle < BUNDLES; bundle++)
        assert_on_disk(bundle);
    note('c', "");
    return store_transact(context, work, work_context, reason);
}

static void archive_all(void)
{
    struct archive_report report;
    struct store *reader;
    assert_ok(store_open_reader(store, &reader, NULL));
    const struct archive_options options = {
        .data = data, .before = TIME_MAX, .reader = reader, .transact = transact, .context = store};
    event_count = 0;
    assert_ok(archive_run(&options, &report, NULL));
    assert_int_equal(report.bundles, BUNDLES);
    (void)find('c', "", 0);
    store_close(reader);
}

static void make_store(void)
{
    assert_ok(store_open_memory(&store));
    (void)aged_ledger_make(store, BUNDLES * TILE_WIDTH + 1);
    archive_attach(store, data);
}

static void no_leaf_is_dropped_before_its_file_is_on_the_disk(void **state)
{
    (void)state;
    make_store();
    archive_all();
    store_close(store);
}

/* The run before was killed behind its renaming: nobody knows what of it came to the disk. */
static void what_a_killed_run_left_is_brought_there_again(void **state)
{
    (void)state;
    make_store();
    archive_all();
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_leaf_is_dropped_before_its_file_is_on_the_disk),
        cmocka_unit_test(what_a_killed_run_left_is_brought_there_again),
    };
    if (sodium_init() < 0 || !temporary_folder(data, "archive"))
        return EXIT_FAILURE;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return temporary_remove(data) ? failed : EXIT_FAILURE;
}
