/* The signer inside the test; see signer_on_disk.h. */
#include "signer_on_disk.h"

#include "disk.h"
#include "signer/signed_ledger.h"
#include "system/files.h"

#include <stdlib.h>
#include <string.h>

enum { LEDGERS_MAX = 4, NOTE_SIZE_MAX = 4096 };

struct disk_signer {
    const char *keys; /* folder */
    struct signer_history *history;
    bool gone;
    size_t count;
    struct signed_ledger ledgers[LEDGERS_MAX];
};

/* Signs, and remembers what. */
static RESULT sign(struct signer_history *history, struct signed_ledger *ledger, const struct leaf_run *run,
                   struct buffer *out)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_SIZE_MAX);
    TRY(signed_ledger_append(ledger, run, &note));
    if (history->count == SIGNED_MAX)
        abort();
    history->checkpoints[history->count].size = ledger->state.frontier.size;
    history->checkpoints[history->count].root = frontier_root(&ledger->state.frontier);
    history->count++;
    buffer_append_slice(out, buffer_slice(&note));
    return buffer_status(out);
}

/* As the process does it: for each KEY.key the state file beside it, made where it is missing, and a greeting. */
static RESULT load_one(void *context, const char *name)
{
    struct disk_signer *const signer = context;
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    CLEANUP_BUFFER struct buffer text = buffer_make(NOTE_SIZE_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_SIZE_MAX);
    char path[PATH_SIZE];
    TRY(path_join(path, signer->keys, name));
    TRY(file_read(path, &text, NULL));
    TRY(signing_key_read(key_file_text(buffer_slice(&text)), &key));
    const char *const origin = signing_key_verifier(key)->name;
    struct disk_file *file = disk_file_find(origin);
    if (file == NULL) {
        CLEANUP_BUFFER struct buffer first = buffer_make(STATE_FILE_SIZE);
        TRY(signer_state_begin(signing_key_verifier(key), 1, &first));
        file = disk_file_make(origin, buffer_slice(&first));
    }
    if (signer->count == LEDGERS_MAX)
        abort();
    struct signed_ledger *const ledger = &signer->ledgers[signer->count];
    const struct state_medium medium = {disk_file_write, disk_file_sync, file};
    TRY(signed_ledger_open(key, disk_file_content(file), medium, ledger));
    key = NULL; /* the ledger's now */
    signer->count++;
    const struct frontier *const tree = &ledger->state.frontier;
    const struct leaf_run none = {.first = tree->size, .root = frontier_root(tree)};
    return sign(signer->history, ledger, &none, &note);
}

static void stop(void *context)
{
    struct disk_signer *const signer = context;
    if (signer == NULL)
        return;
    for (size_t i = 0; i < signer->count; i++)
        signed_ledger_close(&signer->ledgers[i]);
    free(signer);
}

static RESULT start(const struct signer_service *service, void **ret_signer)
{
    char keys[PATH_SIZE];
    TRY(path_join(keys, service->folder, "signer"));
    ENSURE(!disk_stopped(), HOST_SIGNER);
    struct disk_signer *const signer = calloc(1, sizeof *signer);
    ENSURE(signer != NULL, NO_MEMORY);
    signer->history = service->context;
    signer->keys = keys;
    const struct result result = folder_list(keys, load_one, signer, NULL);
    signer->keys = NULL;
    if (!is_ok(result)) {
        stop(signer);
        return result;
    }
    *ret_signer = signer;
    return RESULT_OK;
}

static struct signed_ledger *find(struct disk_signer *signer, const char *origin)
{
    for (size_t i = 0; i < signer->count; i++)
        if (strcmp(signer->ledgers[i].origin, origin) == 0)
            return &signer->ledgers[i];
    return NULL;
}

static RESULT append(void *context, const char *origin, const struct leaf_run *run, struct buffer *out)
{
    struct disk_signer *const signer = context;
    struct signed_ledger *const ledger = find(signer, origin);
    ENSURE(ledger != NULL, NOT_FOUND);
    signer->gone = signer->gone || disk_stopped();
    ENSURE(!signer->gone, HOST_SIGNER);
    const struct result result = sign(signer->history, ledger, run, out);
    signer->gone = disk_stopped(); /* its answer never came */
    ENSURE(!signer->gone, HOST_SIGNER);
    return result;
}

static RESULT last(void *context, const char *origin, struct checkpoint *ret_checkpoint)
{
    const struct signed_ledger *const ledger = find(context, origin);
    ENSURE(ledger != NULL, NOT_FOUND);
    struct checkpoint checkpoint = {.size = ledger->state.frontier.size,
                                    .root = frontier_root(&ledger->state.frontier)};
    TRY(slice_copy_text(slice_of(origin), checkpoint.origin, sizeof checkpoint.origin));
    *ret_checkpoint = checkpoint;
    return RESULT_OK;
}

struct signer_service signer_on_disk(const char *folder, struct signer_history *history)
{
    return (struct signer_service){
        .folder = folder, .context = history, .start = start, .stop = stop, .append = append, .last = last};
}
