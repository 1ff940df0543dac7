/* The signer inside the simulation; see signer.h. */
#include "signer.h"

#include "disk.h"
#include "files.h"
#include "signer/signed_ledger.h"
#include "signer/state_files.h"

#include <stdlib.h>
#include <string.h>

enum { LEDGERS_MAX = 4, KEY_FILE_MAX = 1024 };

struct simulated_signer {
    char folder[PATH_SIZE];
    struct signed_trees *trees;
    bool gone;
    size_t count;
    struct signed_ledger ledgers[LEDGERS_MAX];
};

static size_t number_of(struct signed_trees *trees, const char *origin)
{
    size_t number = 0;
    while (number < trees->origin_count && strcmp(trees->origins[number], origin) != 0)
        number++;
    if (number == SIGNED_ORIGINS_MAX)
        abort();
    if (number == trees->origin_count)
        memcpy(trees->origins[trees->origin_count++], origin, strlen(origin) + 1);
    return number;
}

static void remember(struct signed_trees *trees, const struct signed_ledger *ledger)
{
    const struct signed_tree tree = {.origin = number_of(trees, ledger->origin),
                                     .size = ledger->state.frontier.size,
                                     .root = frontier_root(&ledger->state.frontier)};
    for (size_t i = 0; i < trees->count; i++) {
        if (trees->trees[i].size != tree.size || trees->trees[i].origin != tree.origin)
            continue;
        trees->two = trees->two || !hash_equal(&trees->trees[i].root, &tree.root);
        return;
    }
    if (trees->count == SIGNED_TREES_MAX)
        abort();
    trees->trees[trees->count++] = tree;
}

/* The file of an epoch, made where it is the first one's and missing. */
static RESULT state_file(const struct simulated_signer *signer, const char *path, const struct verifier_key *key,
                         uint64_t epoch, struct disk_file **ret_file)
{
    (void)signer;
    if (epoch == 1 && !file_exists(path)) {
        CLEANUP_BUFFER struct buffer first = buffer_make(STATE_FILE_SIZE);
        TRY(signer_state_begin(key, epoch, &first));
        TRY(file_create(path, buffer_slice(&first), 0600, NULL));
    }
    *ret_file = disk_file_find(path);
    ENSURE(*ret_file != NULL, FILE_READ);
    return RESULT_OK;
}

static RESULT load_one(void *context, const char *name)
{
    struct simulated_signer *const signer = context;
    struct slice of_key = slice_of(name);
    if (!slice_cut_ending(&of_key, ".key") || of_key.size == 0)
        return RESULT_OK;
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    char path[PATH_SIZE];
    char vendor[NAME_SIZE];
    uint64_t epoch;
    struct disk_file *file;
    TRY(path_join(path, signer->folder, name));
    TRY(file_read(path, &text, NULL));
    TRY(signing_key_read(key_file_text(buffer_slice(&text)), &key));
    TRY(slice_copy_text(of_key, vendor, sizeof vendor));
    TRY(epoch_newest(signer->folder, vendor, &epoch));
    TRY(epoch_state_path(signer->folder, vendor, epoch, path));
    TRY(state_file(signer, path, signing_key_verifier(key), epoch, &file));
    if (signer->count == LEDGERS_MAX)
        abort();
    struct signed_ledger *const ledger = &signer->ledgers[signer->count];
    const struct state_medium medium = {disk_file_write, disk_file_sync, file};
    TRY(signed_ledger_open(key, disk_file_content(file), medium, ledger));
    key = NULL; /* the ledger's now */
    signer->count++;
    ENSURE(ledger->state.epoch == epoch, STORE_CORRUPT);
    return RESULT_OK;
}

static void stop(void *context)
{
    struct simulated_signer *const signer = context;
    if (signer == NULL)
        return;
    for (size_t i = 0; i < signer->count; i++)
        signed_ledger_close(&signer->ledgers[i]);
    free(signer);
}

static RESULT start(const struct signer_service *service, void **ret_signer)
{
    ENSURE(!disk_stopped(), HOST_SIGNER);
    struct simulated_signer *const signer = calloc(1, sizeof *signer);
    ENSURE(signer != NULL, NO_MEMORY);
    signer->trees = service->context;
    struct result result = path_join(signer->folder, service->folder, "signer");
    if (is_ok(result))
        result = folder_list(signer->folder, load_one, signer, NULL);
    if (!is_ok(result)) {
        stop(signer);
        return result;
    }
    *ret_signer = signer;
    return RESULT_OK;
}

static struct signed_ledger *find(struct simulated_signer *signer, const char *origin)
{
    for (size_t i = 0; i < signer->count; i++)
        if (strcmp(signer->ledgers[i].origin, origin) == 0)
            return &signer->ledgers[i];
    return NULL;
}

static RESULT append(void *context, const char *origin, const struct leaf_run *run, struct buffer *out)
{
    struct simulated_signer *const signer = context;
    struct signed_ledger *const ledger = find(signer, origin);
    ENSURE(ledger != NULL, NOT_FOUND);
    signer->gone = signer->gone || disk_stopped();
    ENSURE(!signer->gone, HOST_SIGNER);
    const struct result result = signed_ledger_append(ledger, run, out);
    if (is_ok(result))
        remember(signer->trees, ledger);
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

struct signer_service signer_simulated(const char *folder, struct signed_trees *trees)
{
    return (struct signer_service){
        .folder = folder, .context = trees, .start = start, .stop = stop, .append = append, .last = last};
}
