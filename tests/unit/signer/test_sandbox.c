/* The cage of the signer's process: what it may do, and that anything else ends it. */
#include "signer/sandbox.h"
#include "temporary.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOT_LET_IN = 99 };

/* Does not come back. By the system call itself, and not said to the compiler: AddressSanitizer makes system calls of
 * its own before whatever does not return, and searches for leaks at _exit(). */
static void leave(int status)
{
    (void)syscall(SYS_exit_group, status);
}

/* How a child ends that does this in the cage: by itself, with what `deed` returned, or by a signal. */
static int status_of(int (*deed)(void))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!is_ok(sandbox_enter()))
            leave(NOT_LET_IN);
        leave(deed());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int open_file(void)
{
    return (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
}

static int make_socket(void)
{
    return (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static int make_process(void)
{
    return (int)syscall(SYS_fork);
}

static int run_program(void)
{
    return (int)syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static int send_signal(void)
{
    return (int)syscall(SYS_kill, 1, 0);
}

static int ask_the_kernel(void)
{
    return (int)syscall(SYS_getppid);
}

static int duplicate(void)
{
    return (int)syscall(SYS_dup, 0);
}

static int undo_limits(void)
{
    const struct rlimit some = {1, 1};
    return (int)syscall(SYS_setrlimit, RLIMIT_CORE, &some);
}

static void whatever_else_it_calls_ends_it(void **unused)
{
    (void)unused;
    static int (*const deeds[])(void) = {open_file,   make_socket,    make_process, run_program,
                                         send_signal, ask_the_kernel, duplicate,    undo_limits};
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        const int status = status_of(deeds[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static int pair[2];
static int file;

static int do_its_work(void)
{
    char byte = 0;
    const bool good = read(pair[1], &byte, 1) == 1 && byte == 'q' && send(pair[1], "a", 1, MSG_NOSIGNAL) == 1 &&
                      pwrite(file, "s", 1, 3) == 1 && fdatasync(file) == 0 && close(file) == 0;
    return good ? 7 : 1;
}

static void what_it_is_there_for_is_let_through(void **unused)
{
    (void)unused;
    char path[TEMPORARY_SIZE];
    char byte = 0;
    file = temporary_file(path, "sandbox");
    assert_true(file >= 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(write(pair[0], "q", 1), 1);
    const int status = status_of(do_its_work);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(read(pair[0], &byte, 1), 1);
    assert_int_equal(byte, 'a');
    assert_int_equal(pread(file, &byte, 1, 3), 1);
    assert_int_equal(byte, 's');
    close(pair[0]);
    close(pair[1]);
    close(file);
    unlink(path);
}

static int need_memory(void)
{
    char *const much = malloc((size_t)8 * 1024 * 1024);
    if (much == NULL)
        return 1;
    for (size_t i = 0; i < (size_t)8 * 1024 * 1024; i += 4096)
        much[i] = 1;
    char *const more = realloc(much, (size_t)64 * 1024 * 1024);
    free(more == NULL ? much : more);
    return more == NULL ? 1 : 0;
}

static void it_may_have_memory(void **unused)
{
    (void)unused;
    const int status = status_of(need_memory);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A child that is looked at from outside while it stands in the cage. */
static int wait_for_end(void)
{
    char byte = 0;
    (void)!send(pair[1], "r", 1, MSG_NOSIGNAL);
    return (int)read(pair[1], &byte, 1);
}

static void nobody_dumps_its_memory(void **unused)
{
    (void)unused;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    const struct rlimit before = {4096, 4096};
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pair[0]);
        (void)!setrlimit(RLIMIT_CORE, &before);
        leave(is_ok(sandbox_enter()) ? wait_for_end() : NOT_LET_IN);
    }
    char byte = 0;
    struct rlimit limit = {1, 1};
    assert_int_equal(read(pair[0], &byte, 1), 1);
    assert_int_equal(prlimit(child, RLIMIT_CORE, NULL, &limit), 0);
    assert_int_equal(limit.rlim_cur, 0);
    assert_int_equal(limit.rlim_max, 0);
    close(pair[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_else_it_calls_ends_it),
        cmocka_unit_test(what_it_is_there_for_is_let_through),
        cmocka_unit_test(it_may_have_memory),
        cmocka_unit_test(nobody_dumps_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
