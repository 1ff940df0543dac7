/* Files that fail, and what is then to be said; see faults.h. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

void world_path(const struct world *world, const char *file, char ret_path[static PATH_SIZE])
{
    assert_true(is_ok(path_join(ret_path, world->root, file)));
}

void world_put_folder(const struct world *world, const char *file)
{
    char path[PATH_SIZE];
    world_path(world, file, path);
    assert_true(is_ok(file_remove(path, NULL)));
    assert_true(is_ok(folder_make(path, 0700, NULL)));
}

void world_take_folder(const struct world *world, const char *file)
{
    char path[PATH_SIZE];
    world_path(world, file, path);
    assert_int_equal(rmdir(path), 0);
}

void assert_message(const char *message, const char *words, enum error_code code)
{
    char expected[2 * PATH_SIZE + AVAL_MESSAGE_SIZE];
    snprintf(expected, sizeof expected, "%s%s", words, error_info(code)->sentence);
    assert_string_equal(message, expected);
}

void assert_named(const struct world *world, const aval_machine *machine, const char *file, const char *words,
                  enum error_code code)
{
    char expected[AVAL_MESSAGE_SIZE];
    char path[PATH_SIZE];
    world_path(world, file, path);
    snprintf(expected, sizeof expected, "%.300s%s", path, words);
    assert_message(aval_last_message(machine), expected, code);
}
