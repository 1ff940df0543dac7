/* Whole files, atomic replacement, folders and locks. Each test works in a folder of its own, removed afterwards. */
#include "system/files.h"
#include "temporary.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT = 4096 };

static char folder[TEMPORARY_SIZE];

static const char *in_folder(const char *name)
{
    static char paths[4][PATH_SIZE];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    assert_true(is_ok(path_join(path, folder, name)));
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return temporary_folder(folder, "files") ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return temporary_remove(folder) ? 0 : -1;
}

static void assert_content(const char *path, const char *expected)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(LIMIT);
    assert_true(is_ok(file_read(path, &text, NULL)));
    assert_string_equal(buffer_text(&text), expected);
}

/* Entries with the hidden ones, but "." and "..". */
static int count_entries(void)
{
    char command[TEMPORARY_SIZE + 32];
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *lines = popen(command, "r");
    assert_non_null(lines);
    int count = -1;
    assert_int_equal(fscanf(lines, "%d", &count), 1);
    pclose(lines);
    return count;
}

static void a_file_is_read_as_it_was_written(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(in_folder("a"), slice_make("x\0y\n", 4), 0644, NULL)));
    CLEANUP_BUFFER struct buffer content = buffer_make(LIMIT);
    buffer_append_text(&content, "before ");
    assert_true(is_ok(file_read(in_folder("a"), &content, NULL)));
    assert_true(slice_equal(buffer_slice(&content), slice_make("before x\0y\n", 11)));
}

static void a_file_is_replaced_and_nothing_else_is_left(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(in_folder("a"), slice_of("old"), 0644, NULL)));
    struct stat before;
    assert_int_equal(stat(in_folder("a"), &before), 0);
    FILE *reader = fopen(in_folder("a"), "r");
    assert_non_null(reader);
    assert_true(is_ok(file_write(in_folder("a"), slice_of("new"), 0644, NULL)));
    assert_content(in_folder("a"), "new");
    /* Who had opened the old file still reads the old one, whole: it was replaced and not written into. */
    char text[8] = "";
    assert_non_null(fgets(text, sizeof text, reader));
    assert_string_equal(text, "old");
    fclose(reader);
    assert_int_equal(count_entries(), 1);
}

static void the_rights_are_those_asked_for_whatever_the_umask(void **state)
{
    (void)state;
    const mode_t kept = umask(0077);
    const struct result written = file_write(in_folder("open"), slice_of("x"), 0644, NULL);
    umask(0);
    const struct result created = file_create(in_folder("closed"), slice_of("x"), 0600, NULL);
    umask(kept);
    assert_true(is_ok(written));
    assert_true(is_ok(created));
    struct stat about;
    assert_int_equal(stat(in_folder("open"), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0644);
    assert_int_equal(stat(in_folder("closed"), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
}

/* The disk is "full" after one byte in the child. */
static void a_write_that_fails_leaves_the_old_file_and_no_other(void **state)
{
    (void)state;
    struct reason reason = {.text = ""};
    assert_true(is_ok(file_write(in_folder("a"), slice_of("old"), 0644, NULL)));
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit one_byte = {1, 1};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &one_byte) != 0)
            _exit(2);
        const struct result written = file_write(in_folder("a"), slice_of("new and longer"), 0644, &reason);
        const bool explained = strstr(reason.text, "File too large") != NULL;
        _exit(result_code(written) == ERR_FILE_WRITE && explained ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_content(in_folder("a"), "old");
    assert_int_equal(count_entries(), 1);
}

static void a_write_into_a_missing_folder_says_which(void **state)
{
    (void)state;
    struct reason reason = {.text = ""};
    const char *path = in_folder("missing/a");
    assert_int_equal(result_code(file_write(path, slice_of("x"), 0644, &reason)), ERR_FILE_WRITE);
    assert_non_null(strstr(reason.text, path));
    assert_non_null(strstr(reason.text, ": No such file or directory"));
    assert_int_equal(count_entries(), 0);
}

static void a_file_that_exists_is_not_created_again(void **state)
{
    (void)state;
    assert_true(is_ok(file_create(in_folder("a"), slice_of("first"), 0600, NULL)));
    assert_int_equal(result_code(file_create(in_folder("a"), slice_of("second"), 0600, NULL)), ERR_FILE_EXISTS);
    assert_content(in_folder("a"), "first");
    assert_int_equal(count_entries(), 1);
}

static void a_symbolic_link_stays_and_its_file_is_replaced(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(in_folder("real"), slice_of("old"), 0644, NULL)));
    assert_int_equal(symlink("real", in_folder("link")), 0);
    assert_true(is_ok(file_write(in_folder("link"), slice_of("new"), 0644, NULL)));
    struct stat about;
    assert_int_equal(lstat(in_folder("link"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_content(in_folder("real"), "new");
}

static void a_device_is_written_to_and_stays_a_device(void **state)
{
    (void)state;
    assert_true(is_ok(file_write("/dev/null", slice_of("x"), 0644, NULL)));
    struct stat about;
    assert_int_equal(stat("/dev/null", &about), 0);
    assert_true(S_ISCHR(about.st_mode));
}

static void a_file_of_exactly_the_limit_is_read_and_a_byte_more_is_not(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(in_folder("a"), slice_of("12345"), 0644, NULL)));
    CLEANUP_BUFFER struct buffer five = buffer_make(5);
    assert_true(is_ok(file_read(in_folder("a"), &five, NULL)));
    CLEANUP_BUFFER struct buffer four = buffer_make(4);
    assert_int_equal(result_code(file_read(in_folder("a"), &four, NULL)), ERR_FILE_TOO_LARGE);
    assert_int_equal(four.size, 0);
}

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    struct reason reason = {.text = ""};
    CLEANUP_BUFFER struct buffer content = buffer_make(LIMIT);
    assert_int_equal(result_code(file_read(in_folder("none"), &content, &reason)), ERR_FILE_READ);
    assert_non_null(strstr(reason.text, "No such file"));
    assert_int_equal(result_code(file_read(folder, &content, &reason)), ERR_FILE_READ);
    assert_non_null(strstr(reason.text, "directory"));
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    const char *path = in_folder("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        FILE *writer = fopen(path, "w");
        if (writer == NULL)
            _exit(1);
        fputs("through ", writer);
        fflush(writer);
        fputs("a pipe", writer);
        _exit(fclose(writer) == 0 ? 0 : 1);
    }
    assert_content(path, "through a pipe");
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void removing_what_is_not_there_is_no_error(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(in_folder("a"), slice_of("x"), 0644, NULL)));
    assert_true(file_exists(in_folder("a")));
    assert_true(is_ok(file_remove(in_folder("a"), NULL)));
    assert_false(file_exists(in_folder("a")));
    assert_true(is_ok(file_remove(in_folder("a"), NULL)));
    assert_int_equal(result_code(file_remove(folder, NULL)), ERR_FILE_WRITE);
}

static void folders_are_made_with_those_above_them(void **state)
{
    (void)state;
    assert_true(is_ok(folder_make(in_folder("x//y/z/"), 0700, NULL)));
    assert_true(is_ok(folder_make(in_folder("x/y/z"), 0700, NULL)));
    assert_true(is_ok(file_write(in_folder("x/y/z/a"), slice_of("deep"), 0644, NULL)));
    assert_int_equal(result_code(folder_make(in_folder("x/y/z/a"), 0700, NULL)), ERR_FILE_WRITE);
    assert_int_equal(result_code(folder_make(in_folder("x/y/z/a/b"), 0700, NULL)), ERR_FILE_WRITE);
}

static RESULT add_name(void *context, const char *name)
{
    struct buffer *names = context;
    buffer_append_text(names, name);
    buffer_append_byte(names, ' ');
    return strcmp(name, "stop") == 0 ? FAIL(NOT_FOUND) : RESULT_OK;
}

static void a_folder_is_listed_in_order_without_hidden_files(void **state)
{
    (void)state;
    static const char *const names[] = {"b", "a", "\xc3\xa9", "B", ".hidden", "10", "9"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(is_ok(file_write(in_folder(names[i]), slice_of(""), 0644, NULL)));
    CLEANUP_BUFFER struct buffer list = buffer_make(LIMIT);
    assert_true(is_ok(folder_list(folder, add_name, &list, NULL)));
    assert_string_equal(buffer_text(&list), "10 9 B a b \xc3\xa9 ");
}

static void listing_stops_at_the_first_failure_and_returns_it(void **state)
{
    (void)state;
    assert_true(is_ok(file_write(in_folder("a"), slice_of(""), 0644, NULL)));
    assert_true(is_ok(file_write(in_folder("stop"), slice_of(""), 0644, NULL)));
    assert_true(is_ok(file_write(in_folder("z"), slice_of(""), 0644, NULL)));
    CLEANUP_BUFFER struct buffer list = buffer_make(LIMIT);
    assert_int_equal(result_code(folder_list(folder, add_name, &list, NULL)), ERR_NOT_FOUND);
    assert_string_equal(buffer_text(&list), "a stop ");
}

static void a_missing_folder_lists_nothing(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer list = buffer_make(LIMIT);
    assert_true(is_ok(folder_list(in_folder("none"), add_name, &list, NULL)));
    assert_int_equal(list.size, 0);
    assert_true(is_ok(file_write(in_folder("a"), slice_of(""), 0644, NULL)));
    assert_int_equal(result_code(folder_list(in_folder("a"), add_name, &list, NULL)), ERR_FILE_READ);
}

static void a_lock_held_by_another_process_is_waited_for_and_freed_by_its_end(void **state)
{
    (void)state;
    struct reason reason = {.text = ""};
    int to_parent[2];
    int to_child[2];
    assert_int_equal(pipe(to_parent), 0);
    assert_int_equal(pipe(to_child), 0);
    char byte = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(to_child[1]);
        int held = -1;
        if (!is_ok(file_lock(in_folder("lock"), 0, &held, NULL)) || write(to_parent[1], "x", 1) != 1)
            _exit(1);
        /* Ends with the lock held. */
        _exit(read(to_child[0], &byte, 1) == 1 ? 0 : 1);
    }
    assert_int_equal(read(to_parent[0], &byte, 1), 1);
    int lock = -1;
    assert_int_equal(result_code(file_lock(in_folder("lock"), 0, &lock, NULL)), ERR_LOCKED);
    assert_int_equal(result_code(file_lock(in_folder("lock"), 30, &lock, &reason)), ERR_LOCKED);
    assert_int_equal(lock, -1);
    assert_non_null(strstr(reason.text, "lock: held by another process"));

    assert_int_equal(write(to_child[1], "x", 1), 1);
    assert_true(is_ok(file_lock(in_folder("lock"), 10000, &lock, NULL)));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    file_unlock(lock);
    for (int i = 0; i < 2; i++) {
        close(to_parent[i]);
        close(to_child[i]);
    }
}

static void a_lock_given_back_can_be_taken_again(void **state)
{
    (void)state;
    int first = -1;
    int second = -1;
    assert_true(is_ok(file_lock(in_folder("lock"), 0, &first, NULL)));
    assert_int_equal(result_code(file_lock(in_folder("lock"), 0, &second, NULL)), ERR_LOCKED);
    file_unlock(first);
    assert_true(is_ok(file_lock(in_folder("lock"), 0, &second, NULL)));
    file_unlock(second);
    file_unlock(-1);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char name[PATH_SIZE];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    char path[PATH_SIZE] = "untouched";
    assert_int_equal(result_code(path_join(path, "f", name)), ERR_TEXT_TOO_LONG);
    assert_string_equal(path, "untouched");
    name[sizeof name - 3] = 0;
    assert_true(is_ok(path_join(path, "f", name)));
    assert_true(is_ok(path_join(path, "f/", "a")));
    assert_string_equal(path, "f/a");
}

static void the_folder_above_is_the_root_at_last(void **state)
{
    (void)state;
    char path[] = "/srv/aval/archive";
    assert_true(path_go_up(path));
    assert_string_equal(path, "/srv/aval");
    assert_true(path_go_up(path));
    assert_string_equal(path, "/srv");
    assert_true(path_go_up(path));
    assert_string_equal(path, "/");
    assert_false(path_go_up(path));
    assert_string_equal(path, "/");
    static const char *const none[] = {"", "name", "folder/"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char text[8];
        strcpy(text, none[i]);
        assert_false(path_go_up(text));
        assert_string_equal(text, none[i]);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_is_read_as_it_was_written),
        IN_FOLDER(a_file_is_replaced_and_nothing_else_is_left),
        IN_FOLDER(the_rights_are_those_asked_for_whatever_the_umask),
        IN_FOLDER(a_write_that_fails_leaves_the_old_file_and_no_other),
        IN_FOLDER(a_write_into_a_missing_folder_says_which),
        IN_FOLDER(a_file_that_exists_is_not_created_again),
        IN_FOLDER(a_symbolic_link_stays_and_its_file_is_replaced),
        IN_FOLDER(a_device_is_written_to_and_stays_a_device),
        IN_FOLDER(a_file_of_exactly_the_limit_is_read_and_a_byte_more_is_not),
        IN_FOLDER(what_cannot_be_read_is_said),
        IN_FOLDER(a_pipe_is_read_to_its_end),
        IN_FOLDER(removing_what_is_not_there_is_no_error),
        IN_FOLDER(folders_are_made_with_those_above_them),
        IN_FOLDER(a_folder_is_listed_in_order_without_hidden_files),
        IN_FOLDER(listing_stops_at_the_first_failure_and_returns_it),
        IN_FOLDER(a_missing_folder_lists_nothing),
        IN_FOLDER(a_lock_held_by_another_process_is_waited_for_and_freed_by_its_end),
        IN_FOLDER(a_lock_given_back_can_be_taken_again),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(the_folder_above_is_the_root_at_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
