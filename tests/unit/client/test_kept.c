/* Files in memory are what files in a folder are: the same calls on both say the same. */
#include "kept/kept.h"

#include "base/secret.h"
#include "kept/memory.h"
#include "temporary.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char folder[TEMPORARY_SIZE]; /* on the disk */

static void path_in(const char *where, const char *name, char ret_path[static PATH_SIZE])
{
    assert_true(is_ok(path_join(ret_path, where, name)));
}

static void write_text(const char *where, const char *name, const char *text)
{
    char path[PATH_SIZE];
    path_in(where, name, path);
    assert_true(is_ok(kept_write(path, slice_of(text), 0600, NULL)));
}

static RESULT note_name(void *context, const char *name)
{
    buffer_printf(context, "%s ", name);
    return RESULT_OK;
}

static RESULT stop_at_once(void *context, const char *name)
{
    (void)context, (void)name;
    return FAIL(NOT_FOUND);
}

static void files_are_replaced_read_listed_and_removed(const char *where)
{
    char path[PATH_SIZE];
    CLEANUP_BUFFER struct buffer text = buffer_make(64);
    CLEANUP_BUFFER struct buffer small = buffer_make(2);
    CLEANUP_BUFFER struct buffer names = buffer_make(256);
    path_in(where, "products", path);
    assert_false(kept_exists(path));
    assert_true(is_ok(kept_make(path, 0755, NULL)));
    write_text(where, "products/b", "first");
    write_text(where, "products/b", "second");
    write_text(where, "products/a", "");
    write_text(where, "products/.hidden", "x");
    path_in(where, "products/c", path);
    assert_true(is_ok(kept_make(path, 0755, NULL)));
    write_text(where, "products/c/d", "deep");

    path_in(where, "products", path);
    assert_true(kept_exists(path));
    assert_true(is_ok(kept_list(path, note_name, &names, NULL)));
    assert_string_equal(buffer_text(&names), "a b c ");
    assert_int_equal(result_code(kept_list(path, stop_at_once, NULL, NULL)), ERR_NOT_FOUND);
    path_in(where, "products/b", path);
    assert_true(is_ok(kept_read(path, &text, NULL)));
    assert_string_equal(buffer_text(&text), "second");
    assert_int_equal(result_code(kept_read(path, &small, NULL)), ERR_FILE_TOO_LARGE);
    assert_int_equal(result_code(kept_create(path, slice_of("third"), 0600, NULL)), ERR_FILE_EXISTS);
    assert_true(is_ok(kept_remove(path, NULL)));
    assert_true(is_ok(kept_remove(path, NULL)));
    assert_false(kept_exists(path));
    assert_int_equal(result_code(kept_read(path, &text, NULL)), ERR_FILE_READ);
    assert_true(is_ok(kept_create(path, slice_of("third"), 0600, NULL)));
}

static void on_the_disk(void **state)
{
    (void)state;
    files_are_replaced_read_listed_and_removed(folder);
}

static void in_memory(void **state)
{
    (void)state;
    files_are_replaced_read_listed_and_removed("memory:");
}

static void there_are_only_so_many(void **state)
{
    (void)state;
    char name[48];
    size_t written = 0;
    struct result outcome = RESULT_OK;
    while (is_ok(outcome) && written <= MEMORY_FILES_MAX) {
        snprintf(name, sizeof name, "memory:/many/%zu", written);
        outcome = kept_write(name, slice_of("x"), 0600, NULL);
        written += is_ok(outcome);
    }
    assert_int_equal(result_code(outcome), ERR_FILE_WRITE);
    while (written-- > 0) {
        snprintf(name, sizeof name, "memory:/many/%zu", written);
        assert_true(is_ok(kept_remove(name, NULL)));
    }
}

static void *try_to_lock(void *context)
{
    struct file_hold *const lock = context;
    return is_ok(kept_lock("memory:/lock", 20, lock, NULL)) ? context : NULL;
}

static void one_thread_changes_it_at_a_time(void **state)
{
    (void)state;
    struct file_hold mine = FILE_HOLD_NONE;
    struct file_hold theirs = FILE_HOLD_NONE;
    const struct file_hold none = FILE_HOLD_NONE;
    pthread_t thread;
    void *got = NULL;
    assert_true(is_ok(kept_lock("memory:/lock", 0, &mine, NULL)));
    assert_int_equal(pthread_create(&thread, NULL, try_to_lock, &theirs), 0);
    assert_int_equal(pthread_join(thread, &got), 0);
    assert_null(got);
    kept_unlock(&mine);
    kept_unlock(&none);
    assert_true(is_ok(kept_lock("memory:/lock", 20, &mine, NULL)));
    kept_unlock(&mine);
}

static int begin(void **state)
{
    (void)state;
    return is_ok(secret_start()) && temporary_folder(folder, "kept") ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return temporary_remove(folder) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_disk),
        cmocka_unit_test(in_memory),
        cmocka_unit_test(there_are_only_so_many),
        cmocka_unit_test(one_thread_changes_it_at_a_time),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
