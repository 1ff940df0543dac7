/*
 * avald-signer FOLDER: the process that holds the host keys. Started by avald with a socket as standard input; ends
 * when that closes. Nobody else has reason to run it.
 */
#include "base/secret.h"
#include "signer/client.h"
#include "signer/protocol.h"
#include "signer/sandbox.h"
#include "signer/signed_ledger.h"
#include "signer/state_files.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { SOCKET = STDIN_FILENO, KEY_FILE_MAX = 1024 };

struct signer_process {
    const char *folder;
    struct result fault; /* the first by which a ledger was left out */
    size_t count;
    struct signed_ledger ledgers[SIGNER_LEDGERS_MAX];
    uint8_t texts[SIGNER_TEXTS_MAX]; /* of the request under way; a page takes memory once a run is so long */
    struct slice leaves[SIGNER_LEAVES_MAX];
};

/* ---- the state file as a medium; its descriptor stands for the context ---- */

static RESULT medium_write(void *context, size_t offset, const void *data, size_t size)
{
    const int file = (int)(intptr_t)context;
    const uint8_t *at = data;
    while (size > 0) {
        const ssize_t put = pwrite(file, at, size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        ENSURE(put > 0, FILE_WRITE);
        at += put;
        offset += (size_t)put;
        size -= (size_t)put;
    }
    return RESULT_OK;
}

static RESULT medium_sync(void *context)
{
    ENSURE(fdatasync((int)(intptr_t)context) == 0, FILE_WRITE);
    return RESULT_OK;
}

/* Opens the state file of a key's first epoch, made where it is missing, or of a later one. */
static RESULT state_open(const char *path, const struct verifier_key *key, uint64_t epoch, int *ret_file,
                         struct buffer *content)
{
    if (epoch == 1 && !file_exists(path)) {
        struct buffer first CLEANUP_BUFFER = buffer_make(STATE_FILE_SIZE);
        TRY(signer_state_begin(key, epoch, &first));
        const struct result made = file_create(path, buffer_slice(&first), 0600, NULL);
        /* The signer of an avald that was killed at its first start may have been quicker. */
        if (result_code(made) != ERR_FILE_EXISTS)
            TRY(made);
    }
    const int file = open(path, O_RDWR | O_CLOEXEC);
    ENSURE(file >= 0, FILE_WRITE);
    /* The signer of an avald that was killed may still be at its last answer; what it writes must be read. */
    const int locked = flock(file, LOCK_EX);
    struct result read = locked == 0 ? file_read_kept(path, content, NULL) : FAIL(LOCKED);
    if (result_code(read) == ERR_FILE_TOO_LARGE)
        read = FAIL(SIGNER_STATE);
    if (!is_ok(read)) {
        close(file);
        return read;
    }
    *ret_file = file;
    return RESULT_OK;
}

static RESULT key_load(const char *path, struct signing_key **ret_key)
{
    struct buffer text CLEANUP_SECRET_BUFFER = buffer_make(KEY_FILE_MAX);
    TRY(file_read_kept(path, &text, NULL));
    return signing_key_read(key_file_text(buffer_slice(&text)), ret_key);
}

/* The ledger that VENDOR.key signs, in its newest epoch and no other. */
static RESULT load_ledger(struct signer_process *process, const char *name, struct slice of_key)
{
    ENSURE(process->count < SIGNER_LEDGERS_MAX, DOCUMENT_LIMIT);

    char path[PATH_SIZE];
    TRY(path_join(path, process->folder, name));
    struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
    TRY(key_load(path, &key));

    char vendor[NAME_SIZE];
    uint64_t epoch;
    TRY(slice_copy_text(of_key, vendor, sizeof vendor));
    TRY(epoch_newest(process->folder, vendor, &epoch));
    TRY(epoch_state_path(process->folder, vendor, epoch, path));
    struct buffer content CLEANUP_BUFFER = buffer_make(STATE_FILE_SIZE);
    int file = -1;
    TRY(state_open(path, signing_key_verifier(key), epoch, &file, &content));
    const struct state_medium medium = {medium_write, medium_sync, (void *)(intptr_t)file};
    struct signed_ledger *ledger = &process->ledgers[process->count];
    TRY(signed_ledger_open(key, buffer_slice(&content), medium, ledger));
    key = NULL; /* the ledger's now */
    if (ledger->state.epoch != epoch) {
        signed_ledger_close(ledger);
        return FAIL(SIGNER_STATE);
    }
    process->count++;
    return RESULT_OK;
}

/* Whether it is of one vendor's files alone, so that the others' ledgers go on without that one. */
static bool is_of_a_file(struct result fault)
{
    const enum error_category category = error_info(result_code(fault))->category;
    return category == CATEGORY_INPUT || result_code(fault) == ERR_SIGNER_STATE ||
           result_code(fault) == ERR_FILE_READ || result_code(fault) == ERR_FILE_KIND;
}

/* For each VENDOR.key of the folder. avald sees which ledger is missing. */
static RESULT load_one(void *context, const char *name)
{
    struct signer_process *process = context;
    struct slice of_key = slice_of(name);
    if (!slice_cut_ending(&of_key, ".key") || of_key.size == 0)
        return RESULT_OK;
    const struct result loaded = load_ledger(process, name, of_key);
    if (is_ok(loaded) || !is_of_a_file(loaded))
        return loaded;
    if (is_ok(process->fault))
        process->fault = loaded;
    return RESULT_OK;
}

/* ---- conversation ---- */

static bool answer(struct result result, struct slice note)
{
    const struct signer_answer head = {.result = result.bits, .size = is_ok(result) ? (uint32_t)note.size : 0};
    return wire_write(SOCKET, &head, sizeof head, -1) && wire_write(SOCKET, note.data, head.size, -1);
}

static struct signed_ledger *find(struct signer_process *process, const char *origin)
{
    for (size_t i = 0; i < process->count; i++)
        if (strcmp(process->ledgers[i].origin, origin) == 0)
            return &process->ledgers[i];
    return NULL;
}

static bool greet(struct signer_process *process)
{
    for (size_t i = 0; i < process->count; i++) {
        const struct signed_ledger *ledger = &process->ledgers[i];
        struct buffer note CLEANUP_BUFFER = buffer_make(SIGNED_NOTE_MAX);
        const struct result result = signed_ledger_last(ledger, &note);
        if (!answer(result, buffer_slice(&note)))
            return false;
    }
    return answer(RESULT_OK, slice_make(NULL, 0));
}

/* Answers one request; false at the end of the conversation. */
static bool serve_one(struct signer_process *process)
{
    struct signer_request request;
    if (!wire_read(SOCKET, &request, sizeof request, -1))
        return false;
    struct leaf_run run;
    if (!signer_request_sound(&request) || !wire_read(SOCKET, process->texts, request.size, -1) ||
        !is_ok(signer_request_run(&request, process->texts, process->leaves, &run)))
        return false; /* not our avald's words */
    struct signed_ledger *ledger = find(process, request.origin);
    if (ledger == NULL)
        return answer(FAIL(NOT_FOUND), slice_make(NULL, 0));
    struct buffer note CLEANUP_BUFFER = buffer_make(SIGNED_NOTE_MAX);
    const struct result result = signed_ledger_append(ledger, &run, &note);
    return answer(result, buffer_slice(&note));
}

static RESULT prepare(struct signer_process *process)
{
    TRY(secret_start());
    TRY(folder_list(process->folder, load_one, process, NULL));
    if (process->count == 0)
        TRY(process->fault);
    return sandbox_enter();
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return EXIT_USAGE;
    /* Too large for the stack, and wanted to the end of the process. */
    static struct signer_process room;
    struct signer_process *const process = &room;
    process->folder = argv[1];

    const struct result ready = prepare(process);
    if (!is_ok(ready)) {
        answer(ready, slice_make(NULL, 0));
        _exit(error_info(result_code(ready))->exit_status);
    }
    if (greet(process))
        while (serve_one(process)) {
        }
    for (size_t i = 0; i < process->count; i++)
        signed_ledger_close(&process->ledgers[i]);
    _exit(EXIT_FINE);
}
