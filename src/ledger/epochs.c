/* Losing the end of a ledger and beginning it again; see epochs.h. */
#include "ledger/epochs.h"

#include "authority/folder.h"
#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "ledger/recover.h"
#include "signer/state.h"
#include "signer/state_files.h"
#include "store/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The first leaf of an epoch was there before its signer's state file was: a store without it has lost it, also where
 * nothing of that epoch has been signed yet. */
static bool lacks_first_leaf(uint64_t size, const char *origin)
{
    return size == 0 && origin_begins_again(origin);
}

RESULT epoch_extends(struct store *store, uint32_t ledger, uint64_t size, const struct checkpoint *signed_last,
                     bool *ret_extends, struct reason *reason)
{
    *ret_extends = signed_last->size <= size && !lacks_first_leaf(size, signed_last->origin);
    if (!*ret_extends || signed_last->size == 0)
        return RESULT_OK;
    struct frontier then;
    struct store_tiles context = {store, ledger, reason};
    const struct tile_source tiles = store_tile_source(&context);
    TRY(frontier_load(&tiles, signed_last->size, &then));
    const struct hash root = frontier_root(&then);
    *ret_extends = hash_equal(&root, &signed_last->root);
    return RESULT_OK;
}

RESULT epoch_loss_say(const char *origin, uint64_t found, uint64_t signed_size, struct reason *reason)
{
    if (found == 0 && signed_size == 0)
        return reason_say(reason, FAIL(STORE_ROLLED_BACK),
                          _("ledger %s: the database has no leaves, not even the first, which says why it was begun"),
                          origin);
    return reason_say(reason, FAIL(STORE_ROLLED_BACK),
                      found < signed_size ? _("ledger %s: the database has %" PRIu64 " leaves, %" PRIu64 " were signed")
                                          : _("ledger %s: the database has %" PRIu64
                                              " leaves, but other ones than the %" PRIu64 " that were signed"),
                      origin, found, signed_size);
}

RESULT epoch_next(struct store *store, const char *key_name, uint64_t epoch, uint64_t *ret_next, struct reason *reason)
{
    uint64_t next = 0;
    uint32_t ledger = 0;
    for (;;) {
        char origin[KEY_NAME_SIZE];
        uint64_t one;
        const struct result found = store_ledger_next(store, ledger, &ledger, origin, reason);
        if (result_code(found) == ERR_NOT_FOUND)
            break;
        TRY(found);
        if (is_ok(origin_epoch(origin, key_name, &one)) && one > epoch && (next == 0 || one < next))
            next = one;
    }
    *ret_next = next;
    return RESULT_OK;
}

static RESULT keys_path(const char *folder, char ret_path[static PATH_SIZE])
{
    return path_join(ret_path, folder, FOLDER_SIGNER);
}

/* What the signer signed last, from its state file. */
static RESULT read_signed(const char *folder, const struct authority_vendor *vendor, struct checkpoint *ret_signed,
                          struct reason *reason)
{
    char keys[PATH_SIZE];
    char path[PATH_SIZE];
    TRY(keys_path(folder, keys));
    TRY(epoch_state_path(keys, vendor->vendor, vendor->epoch, path));
    struct signer_state state = {0};
    if (file_exists(path)) {
        CLEANUP_BUFFER struct buffer content = buffer_make(STATE_FILE_SIZE);
        TRY(file_read_kept(path, &content, reason));
        TRY(signer_state_load(buffer_slice(&content), &vendor->host_key, &state));
    }
    struct checkpoint last = {.size = state.frontier.size, .root = frontier_root(&state.frontier)};
    memcpy(last.origin, vendor->origin, sizeof last.origin);
    *ret_signed = last;
    return RESULT_OK;
}

RESULT epoch_newest_time(struct store *store, uint32_t ledger, uint64_t size, seconds *ret_time, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    struct leaf leaf;
    struct result read = FAIL(NOT_FOUND);
    if (size > 0) {
        TRY(store_leaf_get(store, ledger, size - 1, &text, reason));
        read = leaf_read(buffer_slice(&text), &leaf);
    }
    if (result_code(read) == ERR_NO_MEMORY)
        return read;
    *ret_time = is_ok(read) ? leaf_time(&leaf) : 0;
    return RESULT_OK;
}

RESULT epoch_shown(struct store *store, const struct authority_vendor *vendor, struct shown ret_shown[static SHOWN_MAX],
                   size_t *ret_count, struct reason *reason)
{
    struct shown kept[SHOWN_MAX];
    size_t kept_count = 0;
    size_t count = 0;
    uint32_t first;
    const struct result known = store_ledger_find(store, vendor->host_key.name, &first, reason);
    if (result_code(known) != ERR_NOT_FOUND) {
        TRY(known);
        TRY(store_shown(store, first, kept, &kept_count, reason));
    }
    for (size_t i = 0; i < kept_count; i++)
        if (kept[i].epoch >= vendor->epoch)
            ret_shown[count++] = kept[i];
    *ret_count = count;
    return RESULT_OK;
}

RESULT epoch_look(const char *folder, struct store *store, const struct authority_vendor *vendor,
                  struct epoch_loss *ret_loss, struct reason *reason)
{
    struct epoch_loss loss = {0};
    uint32_t ledger = 0;
    bool extends = false;
    TRY(read_signed(folder, vendor, &loss.signed_last, reason));
    const struct result known = store_ledger_find(store, vendor->origin, &ledger, reason);
    if (is_ok(known)) {
        TRY(store_ledger_size(store, ledger, &loss.found, reason));
        TRY(epoch_extends(store, ledger, loss.found, &loss.signed_last, &extends, reason));
        TRY(epoch_newest_time(store, ledger, loss.found, &loss.newest, reason));
    } else if (result_code(known) == ERR_NOT_FOUND) {
        extends = loss.signed_last.size == 0 && !lacks_first_leaf(0, vendor->origin);
    } else {
        return known;
    }
    loss.lost = !extends;
    TRY(epoch_shown(store, vendor, loss.shown, &loss.shown_count, reason));
    *ret_loss = loss;
    return RESULT_OK;
}

void recover_command_write(enum error_code trouble, const char *vendor, char ret_command[static RECOVER_COMMAND_SIZE])
{
    const bool known = trouble == ERR_HOST_RESTORED || trouble == ERR_HOST_CLOCK;
    const char *const option = trouble == ERR_HOST_RESTORED ? "--restored" : "--clock --vendor";
    ret_command[0] = '\0';
    if (known)
        (void)snprintf(ret_command, RECOVER_COMMAND_SIZE, "avald recover %s %s --yes", option, vendor);
}

/* ---- the next epoch ---- */

/* What a new ledger begins with. */
struct beginning {
    const char *key_name;
    const struct epoch *epoch;
};

/* Puts the document in front of an empty ledger, which one that nobody has numbered yet must be. The first epoch gets
 * its number before, also in a database that has lost it. */
static RESULT put_first_leaf(void *context, struct store *store, struct reason *reason)
{
    const struct beginning *const beginning = context;
    const struct epoch *const epoch = beginning->epoch;
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    TRY(epoch_write(epoch, &text));
    uint32_t first;
    uint32_t ledger;
    uint64_t size;
    TRY(store_ledger_make(store, beginning->key_name, &first, reason));
    TRY(store_ledger_make(store, epoch->origin, &ledger, reason));
    TRY(store_ledger_size(store, ledger, &size, reason));
    ENSURE(size == 0, STORE_CORRUPT);
    const struct slice leaf = buffer_slice(&text);
    const struct hash hash = merkle_leaf(leaf);
    TRY(store_leaves_append(store, ledger, 0, &leaf, 1, reason));
    return store_hashes_append(store, ledger, 0, 0, &hash, 1, reason);
}

static RESULT make_state(const char *folder, const struct authority_vendor *vendor, uint64_t number,
                         struct reason *reason)
{
    char keys[PATH_SIZE];
    char path[PATH_SIZE];
    TRY(keys_path(folder, keys));
    TRY(epoch_state_path(keys, vendor->vendor, number, path));
    CLEANUP_BUFFER struct buffer first = buffer_make(STATE_FILE_SIZE);
    TRY(signer_state_begin(&vendor->host_key, number, &first));
    return file_create(path, buffer_slice(&first), 0600, reason);
}

/* One above the highest epoch that anything tells of: the signer, the store (also one that a crash left unused), and
 * what was shown. */
static RESULT number_next(struct store *store, const struct authority_vendor *vendor, const struct epoch_loss *loss,
                          seconds now, uint64_t *ret_number, struct reason *reason)
{
    uint64_t highest = vendor->epoch;
    for (size_t i = 0; i < loss->shown_count; i++)
        if (loss->shown[i].epoch > highest)
            highest = loss->shown[i].epoch;
    uint64_t next;
    do {
        TRY(epoch_next(store, vendor->host_key.name, highest, &next, reason));
        highest = next > 0 ? next : highest;
    } while (next > 0);
    *ret_number = now > 0 && (uint64_t)now > highest ? (uint64_t)now : highest + 1;
    return RESULT_OK;
}

RESULT epoch_begin(const char *folder, struct store *store, const struct authority_vendor *vendor,
                   const struct epoch_loss *loss, enum epoch_why why, seconds now, struct epoch *ret_epoch,
                   struct reason *reason)
{
    struct epoch epoch = {.size = loss->signed_last.size,
                          .root = loss->signed_last.root,
                          .found = loss->found,
                          .why = why,
                          .began = now,
                          .shown_count = loss->shown_count};
    memcpy(epoch.previous, vendor->origin, sizeof epoch.previous);
    for (size_t i = 0; i < loss->shown_count; i++)
        epoch.shown[i] = loss->shown[i].seen;
    uint64_t number;
    TRY(number_next(store, vendor, loss, now, &number, reason));
    TRY(origin_write(vendor->host_key.name, number, epoch.origin));
    struct beginning beginning = {vendor->host_key.name, &epoch};
    TRY(store_transact(store, put_first_leaf, &beginning, reason));
    TRY(make_state(folder, vendor, number, reason));
    *ret_epoch = epoch;
    return RESULT_OK;
}
