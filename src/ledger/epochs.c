/* Losing the end of a ledger and beginning it again; see epochs.h. */
#include "ledger/epochs.h"

#include "authority/folder.h"
#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "core/rules/clock.h"
#include "ledger/recover.h"
#include "signer/state.h"
#include "signer/state_files.h"
#include "store/ledger.h"
#include "unsigned.h"

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

/* ---- the signer's state ---- */

static RESULT state_path(const char *folder, const struct authority_vendor *vendor, char ret_path[static PATH_SIZE])
{
    char keys[PATH_SIZE];
    TRY(keys_path(folder, keys));
    return epoch_state_path(keys, vendor->vendor, vendor->epoch, ret_path);
}

/* What the signer signed last, from its state file; the empty tree where there is none. SIGNER_STATE. */
static RESULT read_signed(const char *folder, const struct authority_vendor *vendor, struct checkpoint *ret_signed,
                          struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(state_path(folder, vendor, path));
    struct signer_state state = {0};
    if (file_exists(path)) {
        CLEANUP_BUFFER struct buffer content = buffer_make(STATE_FILE_SIZE);
        const struct result read = file_read_kept(path, &content, reason);
        ENSURE(result_code(read) != ERR_FILE_TOO_LARGE, SIGNER_STATE);
        TRY(read);
        TRY(signer_state_load(buffer_slice(&content), &vendor->host_key, &state));
    }
    struct checkpoint last = {.size = state.frontier.size, .root = frontier_root(&state.frontier)};
    memcpy(last.origin, vendor->origin, sizeof last.origin);
    *ret_signed = last;
    return RESULT_OK;
}

/* The checkpoint that the store keeps for a ledger, if it is one of that key. */
static RESULT read_kept(struct store *store, uint32_t ledger, const struct verifier_key *key,
                        struct checkpoint *ret_kept, bool *ret_found, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    const struct result got = store_checkpoint_get(store, ledger, &note, reason);
    *ret_found = false;
    if (result_code(got) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(got);
    *ret_found = is_ok(checkpoint_open(buffer_slice(&note), key, ret_kept));
    return RESULT_OK;
}

/* The highest epoch above the vendor's of which the store keeps a checkpoint, as `ret_vendor` in that epoch: its state
 * file is gone. The vendor as it is where there is none. */
static RESULT find_later(struct store *store, const struct authority_vendor *vendor,
                         struct authority_vendor *ret_vendor, struct reason *reason)
{
    struct authority_vendor later = *vendor;
    uint64_t epoch = vendor->epoch;
    for (;;) {
        char origin[KEY_NAME_SIZE];
        struct checkpoint kept;
        uint32_t ledger;
        bool found;
        TRY(epoch_next(store, vendor->host_key.name, epoch, &epoch, reason));
        if (epoch == 0)
            break;
        TRY(origin_write(vendor->host_key.name, epoch, origin));
        TRY(store_ledger_find(store, origin, &ledger, reason));
        TRY(read_kept(store, ledger, &vendor->host_key, &kept, &found, reason));
        if (found) {
            later.epoch = epoch;
            memcpy(later.origin, origin, sizeof later.origin);
        }
    }
    *ret_vendor = later;
    return RESULT_OK;
}

/* Names what is there and the way out. SIGNER_STATE, in any case. */
static RESULT say_state(const struct authority_vendor *vendor, const char *what, struct reason *reason)
{
    char command[RECOVER_COMMAND_SIZE];
    recover_command_write(ERR_SIGNER_STATE, vendor->vendor, command);
    return reason_say(reason, FAIL(SIGNER_STATE), _("%s; the command is `%s`"), what, command);
}

RESULT epoch_state_check(struct store *store, const struct authority_vendor *vendor,
                         const struct checkpoint *signed_last, struct reason *reason)
{
    struct authority_vendor later;
    struct checkpoint kept;
    struct reason what = {.text = ""};
    uint32_t ledger;
    bool found;
    TRY(find_later(store, vendor, &later, reason));
    if (later.epoch != vendor->epoch) {
        reason_add(&what, _("the database has signed leaves of %s, of which the signer knows nothing"), later.origin);
        return say_state(vendor, what.text, reason);
    }
    const struct result known = store_ledger_find(store, vendor->origin, &ledger, reason);
    if (result_code(known) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(known);
    TRY(read_kept(store, ledger, &vendor->host_key, &kept, &found, reason));
    if (!found || kept.size <= signed_last->size)
        return RESULT_OK;
    reason_add(&what, _("ledger %s: %" PRIu64 " leaves were signed, and the signer knows of %" PRIu64), vendor->origin,
               kept.size, signed_last->size);
    return say_state(vendor, what.text, reason);
}

bool epoch_state_damaged(const char *folder, const struct authority_vendor *vendor)
{
    struct checkpoint last;
    return result_code(read_signed(folder, vendor, &last, NULL)) == ERR_SIGNER_STATE;
}

void epoch_state_name(const char *folder, const struct authority *authority, struct reason *reason)
{
    for (size_t i = 0; i < authority->vendor_count; i++) {
        const struct authority_vendor *const vendor = &authority->vendors[i];
        char path[PATH_SIZE];
        if (!epoch_state_damaged(folder, vendor) || !is_ok(state_path(folder, vendor, path)))
            continue;
        result_ignore(say_state(vendor, path, reason));
        return;
    }
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

/* What was signed is what the store keeps of it, or all that the store has where that extends it. */
static RESULT take_from_store(struct store *store, const struct authority_vendor *vendor, struct epoch_loss *loss,
                              struct reason *reason)
{
    struct checkpoint kept = {0};
    uint32_t ledger;
    bool found;
    bool extends;
    memcpy(loss->signed_last.origin, vendor->origin, sizeof loss->signed_last.origin);
    const struct result known = store_ledger_find(store, vendor->origin, &ledger, reason);
    if (result_code(known) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(known);
    TRY(read_kept(store, ledger, &vendor->host_key, &kept, &found, reason));
    if (!found || strcmp(kept.origin, vendor->origin) != 0) {
        kept = (struct checkpoint){.root = hash_of(slice_make(NULL, 0))};
        memcpy(kept.origin, vendor->origin, sizeof kept.origin);
    }
    uint64_t size;
    TRY(store_ledger_size(store, ledger, &size, reason));
    TRY(epoch_extends(store, ledger, size, &kept, &extends, reason));
    if (extends) {
        struct frontier all;
        struct store_tiles context = {store, ledger, reason};
        const struct tile_source tiles = store_tile_source(&context);
        TRY(frontier_load(&tiles, size, &all));
        kept.size = size;
        kept.root = frontier_root(&all);
    }
    loss->signed_last = kept;
    return RESULT_OK;
}

/* Reads what was signed last from the signer's state; where that cannot be all, from the store. `ret_vendor` is the
 * vendor in its newest epoch. */
static RESULT look_at_signer(const char *folder, struct store *store, const struct authority_vendor *vendor,
                             struct authority_vendor *ret_vendor, struct epoch_loss *loss, struct reason *reason)
{
    struct reason words = {.text = ""};
    struct result state = read_signed(folder, vendor, &loss->signed_last, reason);
    TRY(find_later(store, vendor, ret_vendor, reason));
    if (is_ok(state))
        state = epoch_state_check(store, vendor, &loss->signed_last, &words);
    if (is_ok(state) || result_code(state) != ERR_SIGNER_STATE)
        return state;
    loss->state_lost = true;
    return take_from_store(store, ret_vendor, loss, reason);
}

RESULT epoch_look(const char *folder, struct store *store, const struct authority_vendor *given,
                  struct epoch_loss *ret_loss, struct reason *reason)
{
    struct epoch_loss loss = {0};
    struct authority_vendor newest;
    const struct authority_vendor *const vendor = &newest;
    uint32_t ledger = 0;
    bool extends = false;
    TRY(look_at_signer(folder, store, given, &newest, &loss, reason));
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
    loss.lost = !extends || loss.state_lost;
    TRY(epoch_shown(store, vendor, loss.shown, &loss.shown_count, reason));
    *ret_loss = loss;
    return RESULT_OK;
}

void recover_command_write(enum error_code trouble, const char *vendor, char ret_command[static RECOVER_COMMAND_SIZE])
{
    const char *const option = trouble == ERR_HOST_RESTORED  ? "--restored"
                               : trouble == ERR_HOST_CLOCK   ? "--clock --vendor"
                               : trouble == ERR_SIGNER_STATE ? "--vendor"
                                                             : NULL;
    ret_command[0] = '\0';
    if (option != NULL)
        (void)snprintf(ret_command, RECOVER_COMMAND_SIZE, "avald recover %s %s --yes", option, vendor);
}

/* ---- the next epoch ---- */

/* Numbers of epochs; see number_next(). */
#define AHEAD_STEP ((uint64_t)30 * DAY)
#define AT_ONCE    ((uint64_t)MINUTE)

/* What a new ledger begins with. */
struct beginning {
    const char *key_name;
    const struct epoch *epoch;
};

/* What the ledger before has beyond the end that is told was never signed. */
static RESULT leave_out(const struct epoch *epoch, struct store *store, struct reason *reason)
{
    uint32_t ledger;
    if (epoch->found <= epoch->size)
        return RESULT_OK;
    TRY(store_ledger_find(store, epoch->previous, &ledger, reason));
    return unsigned_returns_undo(store, ledger, epoch->size, reason);
}

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
    TRY(leave_out(epoch, store, reason));
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

/* The second of its beginning, or one above the highest where that was begun at once before. Where the highest is
 * later, because a clock had been ahead, it is above it by the second within AHEAD_STEP: one copy that is restored
 * twice begins two epochs then too. */
static uint64_t number_above(uint64_t highest, uint64_t second)
{
    if (second > highest)
        return second;
    return highest + 1 + (highest - second < AT_ONCE ? 0 : second % AHEAD_STEP);
}

/* Above the highest epoch that anything tells of: the signer, the store (also one that a crash left unused), and what
 * was shown. */
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
    *ret_number = number_above(highest, now > 0 ? (uint64_t)now : 0);
    return RESULT_OK;
}

/* Leaves that are gone may have been dated ahead, and take their times with them. Where all are there, and it is the
 * signer's state that is gone, the next epoch does not begin before the newest; or it says that the clock was ahead. */
static void date(const struct epoch_loss *loss, seconds now, struct epoch *epoch)
{
    epoch->began = now;
    if (epoch->why != EPOCH_LOST || loss->found < loss->signed_last.size || now >= loss->newest)
        return;
    if (clock_is_behind(now, loss->newest))
        epoch->why = EPOCH_CLOCK;
    else
        epoch->began = loss->newest;
}

RESULT epoch_begin(const char *folder, struct store *store, const struct authority_vendor *vendor,
                   const struct epoch_loss *loss, enum epoch_why why, seconds now, struct epoch *ret_epoch,
                   struct reason *reason)
{
    struct epoch epoch = {.size = loss->signed_last.size,
                          .root = loss->signed_last.root,
                          .found = loss->found,
                          .why = why,
                          .shown_count = loss->shown_count};
    memcpy(epoch.previous, loss->signed_last.origin, sizeof epoch.previous);
    for (size_t i = 0; i < loss->shown_count; i++)
        epoch.shown[i] = loss->shown[i].seen;
    date(loss, now, &epoch);
    uint64_t number;
    TRY(number_next(store, vendor, loss, epoch.began, &number, reason));
    TRY(origin_write(vendor->host_key.name, number, epoch.origin));
    struct beginning beginning = {vendor->host_key.name, &epoch};
    TRY(store_transact(store, put_first_leaf, &beginning, reason));
    TRY(make_state(folder, vendor, number, reason));
    *ret_epoch = epoch;
    return RESULT_OK;
}
