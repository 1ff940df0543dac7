/* avald's side of the signer: starts the process and speaks with it; see client.h and protocol.h. */
#include "signer/client.h"

#include "signer/protocol.h"
#include "system/clock.h"
#include "system/files.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_TIMEOUT_MS = 5000, END_TIMEOUT_MS = 2000, END_STEP_US = 2000 };

#define SIGNER_PROGRAM "avald-signer"

/* The last checkpoint of one ledger, as the signer gave it. */
struct last_signed {
    struct checkpoint checkpoint;
    char note[SIGNED_NOTE_MAX];
    size_t note_size;
};

struct signer {
    pid_t process;
    int socket; /* -1: the conversation has ended */
    size_t count;
    struct last_signed *ledgers;
    struct buffer request;
};

/* ---- starting ---- */

/* The program stands beside avald as in a build folder, in the folder of private programs beside avald's as in any
 * installation, or in that of this one; or where AVALD_SIGNER says (for tests). */
static RESULT program_path(char path[static PATH_SIZE])
{
    const char *told = secure_getenv("AVALD_SIGNER");
    if (told != NULL && told[0] != 0)
        return slice_copy_text(slice_of(told), path, PATH_SIZE);
    char self[PATH_SIZE];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = 0;
        if (path_go_up(self)) {
            static const char *const places[] = {SIGNER_PROGRAM, "../libexec/aval/" SIGNER_PROGRAM};
            for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
                TRY(path_join(path, self, places[i]));
                if (file_exists(path))
                    return RESULT_OK;
            }
        }
    }
    return path_join(path, AVAL_LIBEXEC, SIGNER_PROGRAM);
}

/* Starts the program with `socket` as its standard input and nothing else open. */
static RESULT spawn(const char *folder, int socket, pid_t *ret_process)
{
    char path[PATH_SIZE];
    TRY(program_path(path));
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ENSURE(posix_spawn_file_actions_init(&actions) == 0, NO_MEMORY);
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return FAIL(NO_MEMORY);
    }
    /* Signals meant for avald, such as Ctrl-C on a terminal, must not end the signer before its last answer. */
    sigset_t blocked;
    sigfillset(&blocked);
    char *const arguments[] = {(char[]){SIGNER_PROGRAM}, (char *)(uintptr_t)folder, NULL};
    char *const environment[] = {NULL};
    int failed = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    failed |= posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    failed |= posix_spawnattr_setsigmask(&attributes, &blocked);
    failed |= posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    if (failed == 0)
        failed = posix_spawn(ret_process, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ENSURE(failed == 0, HOST_SIGNER);
    return RESULT_OK;
}

/* Reads one answer; its note goes to `note`. HOST_SIGNER where none comes. */
static RESULT receive(int socket, char note[static SIGNED_NOTE_MAX], size_t *ret_size)
{
    struct signer_answer head;
    ENSURE(wire_read(socket, &head, sizeof head, ANSWER_TIMEOUT_MS), HOST_SIGNER);
    ENSURE(head.size <= SIGNED_NOTE_MAX, HOST_SIGNER);
    ENSURE(wire_read(socket, note, head.size, ANSWER_TIMEOUT_MS), HOST_SIGNER);
    *ret_size = head.size;
    return (struct result){head.result};
}

static RESULT read_checkpoint(struct slice bytes, struct checkpoint *ret_checkpoint)
{
    struct note *note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    struct result result = note_read(bytes, note);
    if (is_ok(result))
        result = checkpoint_read(note->text, ret_checkpoint);
    free(note);
    return result;
}

/* Takes a note that the signer gave as the last of its ledger. */
static void remember(struct last_signed *last, const struct checkpoint *checkpoint, const char *bytes, size_t size)
{
    last->checkpoint = *checkpoint;
    memcpy(last->note, bytes, size);
    last->note_size = size;
}

/* The signer's greeting: its ledgers, then an empty answer. */
static RESULT hear_greeting(struct signer *signer)
{
    for (;;) {
        char note[SIGNED_NOTE_MAX];
        size_t size = 0;
        TRY(receive(signer->socket, note, &size));
        if (size == 0)
            return RESULT_OK;
        ENSURE(signer->count < SIGNER_LEDGERS_MAX, HOST_SIGNER);
        struct last_signed *grown = realloc(signer->ledgers, (signer->count + 1) * sizeof *grown);
        ENSURE(grown != NULL, NO_MEMORY);
        signer->ledgers = grown;
        struct checkpoint checkpoint;
        TRY(read_checkpoint(slice_make(note, size), &checkpoint));
        remember(&grown[signer->count], &checkpoint, note, size);
        signer->count++;
    }
}

static RESULT start(struct signer *signer, const char *folder)
{
    char keys[PATH_SIZE];
    TRY(path_join(keys, folder, "signer"));
    int pair[2];
    ENSURE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, HOST_SIGNER);
    signer->socket = pair[0];
    const struct result spawned = spawn(keys, pair[1], &signer->process);
    close(pair[1]);
    TRY(spawned);
    return hear_greeting(signer);
}

RESULT signer_start(const char *folder, struct signer **ret_signer)
{
    struct signer *signer = calloc(1, sizeof *signer);
    ENSURE(signer != NULL, NO_MEMORY);
    signer->socket = -1;
    signer->request = buffer_make(sizeof(struct signer_request) + SIGNER_TEXTS_MAX);
    const struct result result = start(signer, folder);
    if (!is_ok(result)) {
        signer_stop(signer);
        return result;
    }
    *ret_signer = signer;
    return RESULT_OK;
}

/* ---- ending ---- */

static void hang_up(struct signer *signer)
{
    if (signer->socket >= 0)
        close(signer->socket);
    signer->socket = -1;
}

/* Waits for the process, which ends by itself when its socket closes; one that hangs is killed. */
static void reap(pid_t process)
{
    const int64_t patience = clock_monotonic_ms() + END_TIMEOUT_MS;
    for (;;) {
        const pid_t ended = waitpid(process, NULL, WNOHANG);
        if (ended == process || (ended < 0 && errno != EINTR))
            return;
        if (clock_monotonic_ms() > patience) {
            kill(process, SIGKILL);
            while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
            }
            return;
        }
        usleep(END_STEP_US);
    }
}

void signer_stop(struct signer *signer)
{
    if (signer == NULL)
        return;
    hang_up(signer);
    if (signer->process > 0)
        reap(signer->process);
    free(signer->ledgers);
    buffer_free(&signer->request);
    free(signer);
}

/* ---- asking ---- */

static struct last_signed *find(struct signer *signer, const char *origin)
{
    for (size_t i = 0; i < signer->count; i++)
        if (strcmp(signer->ledgers[i].checkpoint.origin, origin) == 0)
            return &signer->ledgers[i];
    return NULL;
}

/* Sends the request, and takes its answer for the newest of the ledger. */
static RESULT request_append(struct signer *signer, const char *origin, const struct leaf_run *run,
                             struct last_signed *last)
{
    struct buffer *const request = &signer->request;
    buffer_clear(request);
    TRY(signer_request_write(origin, run, request));
    ENSURE(signer->socket >= 0, HOST_SIGNER);
    ENSURE(wire_write(signer->socket, request->data, request->size, ANSWER_TIMEOUT_MS), HOST_SIGNER);
    char note[SIGNED_NOTE_MAX];
    size_t size = 0;
    TRY(receive(signer->socket, note, &size));
    struct checkpoint checkpoint;
    const struct result read = read_checkpoint(slice_make(note, size), &checkpoint);
    if (!is_ok(read))
        hang_up(signer); /* it has gone on from what is remembered here, and would refuse all that comes behind that */
    TRY(read);
    ENSURE(strcmp(checkpoint.origin, origin) == 0 && checkpoint.size == run->first + run->count &&
               hash_equal(&checkpoint.root, &run->root),
           HOST_SIGNER);
    remember(last, &checkpoint, note, size);
    return RESULT_OK;
}

RESULT signer_append(struct signer *signer, const char *origin, const struct leaf_run *run, struct buffer *out)
{
    struct last_signed *last = find(signer, origin);
    ENSURE(last != NULL, NOT_FOUND);
    const struct result result = request_append(signer, origin, run, last);
    if (result_code(result) == ERR_HOST_SIGNER)
        hang_up(signer); /* an answer that comes late must not be taken for the next one's */
    TRY(result);
    buffer_append(out, last->note, last->note_size);
    return buffer_status(out);
}

RESULT signer_last(struct signer *signer, const char *origin, struct checkpoint *ret_checkpoint)
{
    const struct last_signed *last = find(signer, origin);
    ENSURE(last != NULL, NOT_FOUND);
    *ret_checkpoint = last->checkpoint;
    return RESULT_OK;
}
