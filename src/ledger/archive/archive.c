/* Bringing old leaves into files; see ledger/archive.h. */
#include "archive/files.h"

#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "core/tlog/bundle.h"
#include "core/tlog/checkpoint.h"
#include "core/tlog/note.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BUNDLES_OF_STEP = 16 }; /* in one transaction, which holds up whoever writes the store */

struct archiving {
    const struct archive_options *options;
    struct archive_files files;
    struct archive_report *report;
    struct buffer bytes; /* the bundle under way */
    struct buffer back;  /* the same as it was read back */
    uint64_t planned;
    struct reason *reason;
};

/* A ledger with bundles that are to be archived. */
struct moving {
    uint32_t ledger;
    char origin[KEY_NAME_SIZE];
    struct archived before;
    uint64_t end; /* bundles that are to be there in the end */
};

/* ---- which ---- */

/* How many leaves a checkpoint that was kept speaks for; 0 where there is none that can be read. */
static RESULT find_signed(struct store *reader, uint32_t ledger, uint64_t *ret_size, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(SIGNED_NOTE_MAX);
    struct checkpoint checkpoint = {.size = 0};
    *ret_size = 0;
    const struct result got = store_checkpoint_get(reader, ledger, &text, reason);
    if (result_code(got) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(got);
    struct note *const note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    if (is_ok(note_read(buffer_slice(&text), note)) && is_ok(checkpoint_read(note->text, &checkpoint)))
        *ret_size = checkpoint.size;
    free(note);
    return RESULT_OK;
}

/* Bundles that may go, however young: of what was signed, and never the ledger's last leaf. */
static RESULT count_whole(struct store *reader, uint32_t ledger, uint64_t *ret_bundles, struct reason *reason)
{
    uint64_t size;
    uint64_t signed_size;
    TRY(store_ledger_size(reader, ledger, &size, reason));
    TRY(find_signed(reader, ledger, &signed_size, reason));
    const uint64_t whole = signed_size < size ? signed_size : size;
    *ret_bundles = whole == 0 ? 0 : (whole < size ? whole : whole - 1) / TILE_WIDTH;
    return RESULT_OK;
}

/* Whether all leaves of the bundle are older than wanted: no leaf is older than one before it. */
static RESULT is_old(const struct archiving *archiving, uint32_t ledger, uint64_t bundle, bool *ret_old)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    struct leaf *const leaf = malloc(sizeof *leaf);
    ENSURE(leaf != NULL, NO_MEMORY);
    struct result result = store_leaf_get(archiving->options->reader, ledger, bundle * TILE_WIDTH + TILE_WIDTH - 1,
                                          &text, archiving->reason);
    *ret_old =
        is_ok(result) && is_ok(leaf_read(buffer_slice(&text), leaf)) && leaf_time(leaf) < archiving->options->before;
    free(leaf);
    return result;
}

/* Finds the first bundle that is not old, by halves. */
static RESULT find_end(const struct archiving *archiving, struct moving *moving)
{
    uint64_t low = moving->before.bundles;
    uint64_t high;
    TRY(count_whole(archiving->options->reader, moving->ledger, &high, archiving->reason));
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        bool old;
        TRY(is_old(archiving, moving->ledger, middle, &old));
        if (old)
            low = middle + 1;
        else
            high = middle;
    }
    moving->end = low;
    return RESULT_OK;
}

/* ---- a bundle ---- */

static bool collect(void *context, uint64_t index, struct slice leaf)
{
    struct buffer *const bytes = context;
    (void)index;
    bundle_add(leaf, bytes);
    return is_ok(buffer_status(bytes));
}

/* The bundle from the database, which must have it as it was signed. */
static RESULT load_bundle(struct archiving *archiving, const struct moving *moving, uint64_t bundle)
{
    struct store *const reader = archiving->options->reader;
    const uint64_t first = bundle * TILE_WIDTH;
    buffer_clear(&archiving->bytes);
    TRY(store_leaves(reader, moving->ledger, first, TILE_WIDTH, collect, &archiving->bytes, archiving->reason));
    TRY(buffer_status(&archiving->bytes));
    const struct result checked =
        store_bundle_check(reader, moving->ledger, bundle, buffer_slice(&archiving->bytes), archiving->reason);
    if (result_code(checked) != ERR_STORE_CORRUPT)
        return checked;
    return reason_say(archiving->reason, checked,
                      _("entries %" PRIu64 " to %" PRIu64 " of %s are not what their hashes say; nothing is archived "
                        "from there on. `avalctl ledger verify` tells more"),
                      first, first + TILE_WIDTH - 1, moving->origin);
}

static RESULT read_back(struct archiving *archiving, const struct moving *moving, uint64_t bundle, const char *path)
{
    buffer_clear(&archiving->back);
    TRY(file_read_kept(path, &archiving->back, archiving->reason));
    const struct result checked = store_bundle_check(archiving->options->reader, moving->ledger, bundle,
                                                     buffer_slice(&archiving->back), archiving->reason);
    if (result_code(checked) != ERR_STORE_CORRUPT)
        return checked;
    return reason_say(archiving->reason, FAIL(ARCHIVE_DAMAGED), _("%s, which was written just now"), path);
}

static RESULT put_bundle(struct archiving *archiving, const struct moving *moving, uint64_t bundle)
{
    char path[PATH_SIZE];
    TRY(archive_file_path(archiving->files.data, archiving->files.folder, moving->origin, bundle, path));
    TRY(load_bundle(archiving, moving, bundle));
    TRY(archive_file_put(&archiving->files, path, buffer_slice(&archiving->bytes), archiving->reason));
    return read_back(archiving, moving, bundle, path);
}

/* ---- a step ---- */

struct step {
    uint32_t ledger;
    struct archived archived;
};

static RESULT note_archived(void *context, struct store *store, struct reason *reason)
{
    const struct step *const step = context;
    return store_archive(store, step->ledger, &step->archived, reason);
}

static RESULT transact(const struct archiving *archiving, const struct moving *moving, uint64_t bundles)
{
    struct step step = {.ledger = moving->ledger, .archived.bundles = bundles};
    TRY(slice_copy_text(slice_of(archiving->files.folder), step.archived.folder, sizeof step.archived.folder));
    return archiving->options->transact(archiving->options->context, note_archived, &step, archiving->reason);
}

static RESULT go_on(const struct archiving *archiving)
{
    const struct store_watch *const watch = archiving->options->watch;
    if (watch == NULL || watch->go_on(watch->context, archiving->report->bundles, archiving->planned))
        return RESULT_OK;
    return reason_say(archiving->reason, FAIL(STORE_FAILED), "%s", _("the archiving was ended"));
}

/* Archives up to that bundle. */
static RESULT archive_step(struct archiving *archiving, const struct moving *moving, uint64_t first, uint64_t end)
{
    uint64_t bytes = 0;
    for (uint64_t bundle = first; bundle < end; bundle++) {
        TRY(go_on(archiving));
        TRY(put_bundle(archiving, moving, bundle));
        bytes += archiving->bytes.size;
    }
    TRY(transact(archiving, moving, end));
    archiving->report->bundles += end - first;
    archiving->report->bytes += bytes;
    return RESULT_OK;
}

static RESULT archive_ledger(struct archiving *archiving, const struct moving *moving)
{
    for (uint64_t first = moving->before.bundles; first < moving->end;) {
        const uint64_t left = moving->end - first;
        const uint64_t end = first + (left < BUNDLES_OF_STEP ? left : BUNDLES_OF_STEP);
        TRY(archive_step(archiving, moving, first, end));
        first = end;
    }
    return RESULT_OK;
}

/* ---- another folder ---- */

static RESULT is_there(struct archiving *archiving, const struct moving *moving, uint64_t bundle)
{
    char path[PATH_SIZE];
    char old[PATH_SIZE];
    struct reason ignored = {.text = ""};
    TRY(archive_file_path(archiving->files.data, archiving->files.folder, moving->origin, bundle, path));
    TRY(archive_folder_path(archiving->files.data, moving->before.folder, old));
    buffer_clear(&archiving->back);
    const struct result read = file_read_kept(path, &archiving->back, &ignored);
    struct result good = read;
    if (is_ok(read))
        good = store_bundle_check(archiving->options->reader, moving->ledger, bundle, buffer_slice(&archiving->back),
                                  archiving->reason);
    if (is_ok(good) || result_code(good) == ERR_NO_MEMORY || (is_ok(read) && result_code(good) != ERR_STORE_CORRUPT))
        return good;
    return reason_say(archiving->reason, FAIL(ARCHIVE_OTHER),
                      _("%s is not there, or not whole; the archive is in %s, and is to be copied first"), path, old);
}

/* The archive was moved by its owner. */
static RESULT adopt_folder(struct archiving *archiving, const struct moving *moving)
{
    if (moving->before.bundles == 0 || strcmp(moving->before.folder, archiving->files.folder) == 0)
        return RESULT_OK;
    for (uint64_t bundle = 0; bundle < moving->before.bundles; bundle++)
        TRY(is_there(archiving, moving, bundle));
    return transact(archiving, moving, moving->before.bundles);
}

/* ---- all ledgers ---- */

typedef RESULT each_ledger(struct archiving *archiving, struct moving *moving);

static RESULT for_each(struct archiving *archiving, each_ledger *each)
{
    struct store *const reader = archiving->options->reader;
    struct moving moving = {.ledger = 0};
    for (;;) {
        const struct result next =
            store_ledger_next(reader, moving.ledger, &moving.ledger, moving.origin, archiving->reason);
        if (result_code(next) == ERR_NOT_FOUND)
            return RESULT_OK;
        TRY(next);
        TRY(store_archived(reader, moving.ledger, &moving.before, archiving->reason));
        TRY(each(archiving, &moving));
    }
}

static RESULT choose_folder(struct archiving *archiving, struct moving *moving)
{
    if (moving->before.bundles > 0 && archiving->options->folder == NULL)
        return slice_copy_text(slice_of(moving->before.folder), archiving->report->folder,
                               sizeof archiving->report->folder);
    return RESULT_OK;
}

static RESULT plan(struct archiving *archiving, struct moving *moving)
{
    TRY(adopt_folder(archiving, moving));
    TRY(find_end(archiving, moving));
    archiving->planned += moving->end - moving->before.bundles;
    return RESULT_OK;
}

static RESULT carry_out(struct archiving *archiving, struct moving *moving)
{
    TRY(find_end(archiving, moving));
    TRY(archive_ledger(archiving, moving));
    archiving->report->all += moving->end;
    return RESULT_OK;
}

RESULT archive_run(const struct archive_options *options, struct archive_report *ret_report, struct reason *reason)
{
    *ret_report = (struct archive_report){.bundles = 0};
    struct archiving archiving = {.options = options,
                                  .files.data = options->data,
                                  .files.folder = ret_report->folder,
                                  .report = ret_report,
                                  .bytes = buffer_make(BUNDLE_MAX),
                                  .back = buffer_make(BUNDLE_MAX),
                                  .reason = reason};
    const char *const folder = options->folder == NULL ? FOLDER_ARCHIVE : options->folder;
    struct result result = slice_copy_text(slice_of(folder), ret_report->folder, sizeof ret_report->folder);
    if (is_ok(result) && !utf8_valid(slice_of(folder)))
        result = FAIL(TEXT_NOT_UTF8);
    if (is_ok(result))
        result = for_each(&archiving, choose_folder);
    if (is_ok(result))
        result = for_each(&archiving, plan);
    if (is_ok(result))
        result = for_each(&archiving, carry_out);
    buffer_free(&archiving.bytes);
    buffer_free(&archiving.back);
    return result;
}

RESULT archive_look(struct store *reader, const char *data, struct archive_state *ret_state, struct reason *reason)
{
    struct archive_state state = {.bundles = 0};
    char origin[KEY_NAME_SIZE];
    for (uint32_t ledger = 0;;) {
        struct archived archived;
        const struct result next = store_ledger_next(reader, ledger, &ledger, origin, reason);
        if (result_code(next) == ERR_NOT_FOUND)
            break;
        TRY(next);
        TRY(store_archived(reader, ledger, &archived, reason));
        if (archived.bundles > 0)
            TRY(archive_folder_path(data, archived.folder, state.folder));
        state.bundles += archived.bundles;
    }
    *ret_state = state;
    return RESULT_OK;
}
