/* avald as a child process; see host_process.h. */
#include "host_process.h"

#include "authority/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    START_PATIENCE_US = 20 * 1000 * 1000,
    STOP_PATIENCE_US = 30 * 1000 * 1000,
    LOOK_PAUSE_US = 200,
    PORT_FILE_MAX = 64,
};

int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* In the child. avald must not outlive the rig. */
static void become_avald(const char *program, const struct world *world)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int log = open(world->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log >= 0)
        dup2(log, STDERR_FILENO);
    execl(program, "avald", "serve", "--data", world->data, "--port", "0", "--address", "127.0.0.1", "--log-level",
          "warning", "--machines-new-at-once", "1000000000", "--machines-new-at-once-total", "1000000000",
          (char *)NULL);
    _exit(127);
}

static bool read_port(const char *path, uint16_t *ret_port)
{
    if (!file_exists(path))
        return false;
    CLEANUP_BUFFER struct buffer text = buffer_make(PORT_FILE_MAX);
    if (!is_ok(file_read(path, &text, NULL)) || text.size < 2)
        return false;
    uint64_t port;
    if (!is_ok(decimal_read(slice_make(text.data, text.size - 1), UINT16_MAX, &port)))
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

/* Whether avald has ended; then it is not there any more. */
static bool has_ended(struct host_process *host, int *ret_status)
{
    if (waitpid(host->avald, ret_status, WNOHANG) == 0)
        return false;
    host->avald = 0;
    return true;
}

/* Negative: the signal that ended it. */
static int exit_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool wait_for_port(struct host_process *host, const char *path, struct faults *faults)
{
    const int64_t patience = monotonic_us() + START_PATIENCE_US;
    int status;
    while (!read_port(path, &host->port)) {
        if (has_ended(host, &status)) {
            fault_add(faults, FAULT_SERVICE, "avald ended at its start, status %d", exit_status(status));
            return false;
        }
        if (monotonic_us() > patience) {
            fault_add(faults, FAULT_SERVICE, "avald did not start within %d s", START_PATIENCE_US / 1000000);
            host_kill(host);
            return false;
        }
        usleep(LOOK_PAUSE_US);
    }
    return true;
}

static bool make_process(struct host_process *host, const struct world *world, struct faults *faults)
{
    host->avald = fork();
    if (host->avald == 0)
        become_avald(host->program, world);
    if (host->avald > 0)
        return true;
    host->avald = 0;
    fault_add(faults, FAULT_SERVICE, "no process: %s", strerror(errno));
    return false;
}

bool host_start(struct host_process *host, const struct world *world, struct faults *faults)
{
    char path[PATH_SIZE];
    /* A killed avald leaves the file behind. */
    if (!is_ok(path_join(path, world->data, FOLDER_PORT)) || !is_ok(file_remove(path, NULL))) {
        fault_add(faults, FAULT_SERVICE, "the file of the port cannot be removed");
        return false;
    }
    const int64_t began = monotonic_us();
    if (!make_process(host, world, faults) || !wait_for_port(host, path, faults))
        return false;
    const int64_t took = monotonic_us() - began;
    host->starts++;
    host->starting_us += took;
    if (took > host->slowest_us)
        host->slowest_us = took;
    return true;
}

bool host_start_and_kill(struct host_process *host, const struct world *world, int64_t after_us, struct faults *faults)
{
    if (!make_process(host, world, faults))
        return false;
    usleep((useconds_t)after_us);
    host_kill(host);
    return true;
}

/* The first child of a thread of avald's. */
static RESULT look_at_thread(void *context, const char *thread)
{
    pid_t *const found = context;
    CLEANUP_BUFFER struct buffer path = buffer_make(PATH_SIZE);
    buffer_printf(&path, "/proc/%d/task/%s/children", (int)found[0], thread);
    FILE *const file = fopen(buffer_text(&path), "re");
    if (file == NULL)
        return RESULT_OK; /* the thread has ended meanwhile */
    char text[32];
    if (fgets(text, sizeof text, file) != NULL)
        found[1] = (pid_t)strtol(text, NULL, 10);
    fclose(file);
    return RESULT_OK;
}

pid_t host_signer(const struct host_process *host)
{
    pid_t found[2] = {host->avald, 0};
    char tasks[64];
    snprintf(tasks, sizeof tasks, "/proc/%d/task", (int)host->avald);
    result_ignore(folder_list(tasks, look_at_thread, found, NULL)); /* a thread that has ended is none */
    return found[1];
}

void host_kill(struct host_process *host)
{
    if (host->avald == 0)
        return;
    kill(host->avald, SIGKILL);
    while (waitpid(host->avald, NULL, 0) < 0 && errno == EINTR) {
    }
    host->avald = 0;
}

void host_stop(struct host_process *host, struct faults *faults)
{
    if (host->avald == 0)
        return;
    const int64_t patience = monotonic_us() + STOP_PATIENCE_US;
    int status;
    kill(host->avald, SIGTERM);
    while (!has_ended(host, &status)) {
        if (monotonic_us() > patience) {
            fault_add(faults, FAULT_SERVICE, "avald did not stop within %d s", STOP_PATIENCE_US / 1000000);
            host_kill(host);
            return;
        }
        usleep(LOOK_PAUSE_US);
    }
    if (status != 0)
        fault_add(faults, FAULT_SERVICE, "avald stopped with status %d", exit_status(status));
}
