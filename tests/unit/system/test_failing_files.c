/*
 * The nth call to the system fails, for every n until nothing does: the old content or the new one stands there whole,
 * the failure is reported, no temporary file is left, and the next try works.
 */
#include "base/secret.h"
#include "failing_calls.h"
#include "system/files.h"
#include "temporary.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CALLS_MAX = 100 };

#define OLD "the old content\n"
#define NEW "the new content, which is longer\n"

static char folder[TEMPORARY_SIZE];
static char path[PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    if (!is_ok(secret_start()) || !temporary_folder(folder, "failing"))
        return -1;
    return is_ok(path_join(path, folder, "file")) ? 0 : -1;
}

static void empty_folder(void)
{
    DIR *const open_folder = opendir(folder);
    assert_non_null(open_folder);
    for (const struct dirent *entry; (entry = readdir(open_folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char full[PATH_SIZE];
        assert_true(is_ok(path_join(full, folder, entry->d_name)));
        assert_int_equal(remove(full), 0);
    }
    closedir(open_folder);
}

static int tear_down(void **state)
{
    (void)state;
    failing_plan(0, 0);
    return temporary_remove(folder) ? 0 : -1;
}

static bool holds(const char *text)
{
    CLEANUP_BUFFER struct buffer content = buffer_make(1000);
    return file_exists(path) && is_ok(file_read(path, &content, NULL)) && slice_is(buffer_slice(&content), text);
}

static size_t count_hidden(void)
{
    size_t hidden = 0;
    DIR *const open_folder = opendir(folder);
    assert_non_null(open_folder);
    for (const struct dirent *entry; (entry = readdir(open_folder)) != NULL;)
        hidden += entry->d_name[0] == '.' && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open_folder);
    return hidden;
}

/* EINVAL as well: by it a file system says that it does not know a way of doing something, and there is another. */
static const int reasons[] = {EIO, ENOSPC, EINVAL};
enum { REASONS = sizeof reasons / sizeof *reasons };

/* Tries `put` over the old content (NULL: none) with each call failing in turn. */
static void fail_each(RESULT (*put)(const char *at, struct slice content, unsigned mode, struct reason *reason),
                      const char *old)
{
    for (size_t r = 0; r < REASONS; r++)
        for (uint64_t nth = 1;; nth++) {
            assert_true(nth < CALLS_MAX);
            empty_folder();
            if (old != NULL)
                assert_true(is_ok(file_write(path, slice_of(old), 0644, NULL)));
            failing_plan(nth, reasons[r]);
            struct reason reason = {.text = ""};
            const struct result result = put(path, slice_of(NEW), 0644, &reason);
            failing_plan(0, 0);
            const bool happened = failing_happened();
            assert_int_equal(count_hidden(), 0);
            if (is_ok(result)) {
                assert_true(holds(NEW));
            } else {
                assert_int_equal(result_code(result), ERR_FILE_WRITE);
                assert_non_null(strstr(reason.text, strerror(reasons[r])));
                assert_true(holds(NEW) || (old == NULL ? !file_exists(path) : holds(old)));
                assert_true(is_ok(put(path, slice_of(NEW), 0644, NULL)));
                assert_true(holds(NEW));
            }
            if (!happened) {
                assert_true(is_ok(result) && nth > 5);
                break;
            }
        }
}

static void a_new_file_is_there_whole_or_not_at_all(void **state)
{
    (void)state;
    fail_each(file_write, NULL);
}

static void a_replaced_file_is_the_old_one_or_the_new_one(void **state)
{
    (void)state;
    fail_each(file_write, OLD);
}

static void a_file_that_could_not_be_created_can_be_created_later(void **state)
{
    (void)state;
    fail_each(file_create, NULL);
}

static void a_read_that_fails_gives_nothing(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(path, slice_of(OLD), 0644, NULL)));
    for (uint64_t nth = 1;; nth++) {
        assert_true(nth < CALLS_MAX);
        CLEANUP_BUFFER struct buffer content = buffer_make(1000);
        buffer_append_text(&content, "before ");
        failing_plan(nth, EIO);
        const struct result result = file_read(path, &content, NULL);
        failing_plan(0, 0);
        const bool happened = failing_happened();
        assert_string_equal(buffer_text(&content), is_ok(result) ? "before " OLD : "before ");
        if (!is_ok(result))
            assert_int_equal(result_code(result), ERR_FILE_READ);
        if (!happened)
            break;
    }
}

static void a_file_that_could_not_be_removed_is_there_and_said_so(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(path, slice_of(OLD), 0644, NULL)));
    failing_plan(1, EIO);
    assert_int_equal(result_code(file_remove(path, NULL)), ERR_FILE_WRITE);
    failing_plan(0, 0);
    assert_true(holds(OLD));
    assert_true(is_ok(file_remove(path, NULL)));
}

static void a_folder_that_could_not_be_made_can_be_made_later(void **state)
{
    (void)state;
    char outer[PATH_SIZE];
    char inner[PATH_SIZE];
    assert_true(is_ok(path_join(outer, folder, "outer")));
    assert_true(is_ok(path_join(inner, outer, "inner")));
    for (uint64_t nth = 1;; nth++) {
        assert_true(nth < CALLS_MAX);
        failing_plan(nth, ENOSPC);
        const struct result result = folder_make(inner, 0700, NULL);
        failing_plan(0, 0);
        const bool happened = failing_happened();
        if (!is_ok(result))
            assert_int_equal(result_code(result), ERR_FILE_WRITE);
        assert_true(is_ok(folder_make(inner, 0700, NULL)));
        assert_true(rmdir(inner) == 0 && rmdir(outer) == 0);
        if (!happened)
            break;
    }
}

static void a_lock_that_could_not_be_taken_is_free(void **state)
{
    (void)state;
    for (uint64_t nth = 1;; nth++) {
        assert_true(nth < CALLS_MAX);
        int lock = -1;
        failing_plan(nth, EIO);
        const struct result result = file_lock(path, 0, &lock, NULL);
        failing_plan(0, 0);
        const bool happened = failing_happened();
        if (!is_ok(result)) {
            assert_int_equal(result_code(result), ERR_FILE_WRITE);
            assert_int_equal(lock, -1);
            assert_true(is_ok(file_lock(path, 0, &lock, NULL)));
        }
        file_unlock(lock);
        if (!happened)
            break;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_there_whole_or_not_at_all),
        TEST(a_replaced_file_is_the_old_one_or_the_new_one),
        TEST(a_file_that_could_not_be_created_can_be_created_later),
        TEST(a_read_that_fails_gives_nothing),
        TEST(a_file_that_could_not_be_removed_is_there_and_said_so),
        TEST(a_folder_that_could_not_be_made_can_be_made_later),
        TEST(a_lock_that_could_not_be_taken_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
