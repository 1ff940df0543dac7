/*
 * Each ledger's tree, and its agreement with the signer; see state.h.
 *
 * Order of things in a batch: ledger_add, ledger_store, (commit), ledger_sign, ledger_clear. A signer that fails is
 * started again and fed from the store at once, so that its death costs the machines nothing if it can be revived.
 */
#include "ledgers.h"
#include "state.h"

#include "authority/folder.h"
#include "base/sentences.h"
#include "core/rules/clock.h"

#include "ledger/epochs.h"
#include "ledger/recover.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

enum {
    RESTART_FIRST_MILLISECONDS = 250, /* pause between two failed attempts to start the signer, doubled each time */
    RESTART_LONGEST_MILLISECONDS = 5000,
    TILES_REMEMBERED = 16, /* of a ledger: the right edge, and where machines were that saw less */
};

RESULT ledger_new(const struct authority_vendor *vendor, unsigned batch, struct ledger **ret_ledger)
{
    struct ledger *const ledger = calloc(1, sizeof *ledger);
    ENSURE(ledger != NULL, NO_MEMORY);
    ledger->checkpoint = buffer_make(SIGNED_NOTE_MAX);
    ledger->texts = buffer_make((size_t)batch * LEAF_MAX);
    ledger->ends = calloc(batch, sizeof *ledger->ends);
    ledger->leaves = calloc(batch, sizeof *ledger->leaves);
    ledger->hashes = calloc(batch, sizeof *ledger->hashes);
    memcpy(ledger->origin, vendor->origin, sizeof ledger->origin);
    memcpy(ledger->vendor, vendor->vendor, sizeof ledger->vendor);
    if (ledger->ends == NULL || ledger->leaves == NULL || ledger->hashes == NULL) {
        ledger_free(ledger);
        return FAIL(NO_MEMORY);
    }
    *ret_ledger = ledger;
    return RESULT_OK;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    merkle_batch_free(ledger->appended);
    buffer_free(&ledger->checkpoint);
    tile_memory_free(ledger->tiles);
    buffer_free(&ledger->texts);
    free(ledger->ends);
    free(ledger->leaves);
    free(ledger->hashes);
    free(ledger);
}

/* ---- the signer ---- */

void signer_drop(struct engine *engine)
{
    engine->options.signer.stop(engine->signer);
    engine->signer = NULL;
    for (size_t i = 0; i < engine->ledger_count; i++)
        engine->ledgers[i]->ready = false;
}

/* Names the state file that is damaged. */
static void name_state(struct engine *engine, struct reason *words)
{
    struct authority *const authority = engine_authority(engine);
    epoch_state_name(engine->options.signer.folder, authority, words);
    authority_release(authority);
}

RESULT signer_revive(struct engine *engine)
{
    if (engine->signer != NULL)
        return RESULT_OK;
    const struct signer_service *const service = &engine->options.signer;
    const int64_t now = engine->options.milliseconds();
    if (now < engine->restart_at) /* what it failed of is said until it has failed of something else */
        return engine->signer_state_lost ? FAIL(SIGNER_STATE) : FAIL(HOST_SIGNER);
    const struct result started = service->start(service, &engine->signer);
    if (is_ok(started)) {
        engine->restart_pause = 0;
        LOG_EVENT(engine->options.log, LOG_INFO, "signer-started", TEXT_FIELD("folder", service->folder));
        return RESULT_OK;
    }
    engine->signer = NULL;
    engine->signer_state_lost = result_code(started) == ERR_SIGNER_STATE;
    engine->restart_pause = engine->restart_pause == 0 ? RESTART_FIRST_MILLISECONDS : engine->restart_pause * 2;
    if (engine->restart_pause > RESTART_LONGEST_MILLISECONDS)
        engine->restart_pause = RESTART_LONGEST_MILLISECONDS;
    engine->restart_at = now + engine->restart_pause;
    LOG_EVENT(engine->options.log, LOG_ERROR, "signer-not-started",
              TEXT_FIELD("reason", error_info(result_code(started))->name));
    struct reason words = {.text = ""};
    if (engine->signer_state_lost)
        name_state(engine, &words);
    return reason_say(&engine->reason, started, "%s", words.text);
}

/* ---- agreement ---- */

static void set_newest(struct engine *engine, struct ledger *ledger, seconds time)
{
    pthread_mutex_lock(&engine->lock);
    ledger->newest = time;
    pthread_mutex_unlock(&engine->lock);
}

static RESULT load_tree(struct engine *engine, struct ledger *ledger)
{
    if (ledger->loaded)
        return RESULT_OK;
    uint64_t size;
    TRY(store_ledger_size(engine->options.store, ledger->number, &size, &engine->reason));
    struct store_tiles context = {engine->options.store, ledger->number, &engine->reason};
    const struct tile_source tiles = store_tile_source(&context);
    TRY(frontier_load(&tiles, size, &ledger->frontier));
    seconds newest;
    TRY(epoch_newest_time(engine->options.store, ledger->number, size, &newest, &engine->reason));
    set_newest(engine, ledger, newest);
    ledger->loaded = true;
    return RESULT_OK;
}

/* Whether the tree in the store is, or extends, the one that was signed. */
static RESULT check_extends(struct engine *engine, const struct ledger *ledger, const struct checkpoint *signed_last)
{
    struct store *const store = engine->options.store;
    bool extends;
    TRY(epoch_extends(store, ledger->number, ledger->frontier.size, signed_last, &extends, &engine->reason));
    if (extends)
        return RESULT_OK;
    LOG_EVENT(engine->options.log, LOG_ERROR, "rolled-back", TEXT_FIELD("ledger", ledger->origin),
              NUMBER_FIELD("database_size", ledger->frontier.size), NUMBER_FIELD("signed_size", signed_last->size));
    return epoch_loss_say(ledger->origin, ledger->frontier.size, signed_last->size, &engine->reason);
}

/* Whether the signer remembers all that the store knows it has signed. */
static RESULT check_signer(struct engine *engine, const struct ledger *ledger, const struct checkpoint *signed_last)
{
    struct authority *const authority = engine_authority(engine);
    const struct authority_vendor *const vendor = authority_find_vendor(authority, ledger->vendor);
    struct result checked = RESULT_OK; /* also for one of no vendor that is served any more */
    if (vendor != NULL && strcmp(vendor->origin, ledger->origin) == 0)
        checked = epoch_state_check(engine->options.store, vendor, signed_last, &engine->reason);
    authority_release(authority);
    return checked;
}

/* Leaves on their way from the store to the signer, at most a tile of them. */
struct feed {
    struct buffer texts;
    size_t count;
    size_t ends[TILE_WIDTH];
    struct slice leaves[TILE_WIDTH];
};

static bool feed_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct feed *const feed = context;
    (void)index;
    buffer_append_slice(&feed->texts, leaf);
    feed->ends[feed->count++] = feed->texts.size;
    return is_ok(buffer_status(&feed->texts));
}

/* Reads `count` leaves from `at` on. */
static RESULT feed_load(struct engine *engine, const struct ledger *ledger, uint64_t at, size_t count,
                        struct feed *feed)
{
    buffer_clear(&feed->texts);
    feed->count = 0;
    TRY(store_leaves(engine->options.store, ledger->number, at, count, feed_leaf, feed, &engine->reason));
    TRY(buffer_status(&feed->texts));
    ENSURE(feed->count == count, STORE_CORRUPT);
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        feed->leaves[i] = slice_make(feed->texts.data + start, feed->ends[i] - start);
        start = feed->ends[i];
    }
    return RESULT_OK;
}

/* Gives the signer `count` leaves from frontier->size on, which stay within one tile, and moves the frontier over their
 * hashes as they are kept: so the root that is compared owes nothing to the bytes that the signer hashes. */
static RESULT feed_tile(struct engine *engine, struct ledger *ledger, struct frontier *frontier, size_t count,
                        struct feed *feed)
{
    struct hash hashes[TILE_WIDTH];
    const uint64_t at = frontier->size;
    TRY(store_hashes_get(engine->options.store, ledger->number, 0, at, count, hashes, &engine->reason));
    TRY(feed_load(engine, ledger, at, count, feed));
    struct merkle_batch *batch = NULL;
    TRY(merkle_append(frontier, hashes, count, &batch));
    merkle_batch_free(batch);
    const bool last = frontier->size == ledger->frontier.size;
    const struct leaf_run run = {at, count, feed->leaves, frontier_root(last ? &ledger->frontier : frontier)};
    buffer_clear(&ledger->checkpoint);
    return engine->options.signer.append(engine->signer, ledger->origin, &run, &ledger->checkpoint);
}

/* Gives the signer the leaves from `at` on. */
static RESULT feed_from(struct engine *engine, struct ledger *ledger, uint64_t at)
{
    const uint64_t size = ledger->frontier.size;
    if (at == size)
        return RESULT_OK;
    LOG_EVENT(engine->options.log, LOG_INFO, "signer-fed", TEXT_FIELD("ledger", ledger->origin),
              NUMBER_FIELD("from", at), NUMBER_FIELD("to", size));
    struct store_tiles context = {engine->options.store, ledger->number, &engine->reason};
    const struct tile_source tiles = store_tile_source(&context);
    struct frontier frontier;
    TRY(frontier_load(&tiles, at, &frontier));
    struct feed feed = {.texts = buffer_make((size_t)TILE_WIDTH * LEAF_MAX)};
    struct result result = RESULT_OK;
    while (is_ok(result) && frontier.size < size) {
        const uint64_t room = TILE_WIDTH - frontier.size % TILE_WIDTH;
        const uint64_t left = size - frontier.size;
        result = feed_tile(engine, ledger, &frontier, (size_t)(left < room ? left : room), &feed);
    }
    buffer_free(&feed.texts);
    return result;
}

/* Lets others see the tree just signed, before any answer speaks of it. TEXT_TOO_LONG where its note is longer than any
 * that may be shown: then no answer may speak of it, and the one before stays published, whole. */
static RESULT publish(struct engine *engine, struct ledger *ledger)
{
    struct published published = {.ledger = ledger->number, .size = ledger->frontier.size};
    TRY(slice_copy_text(buffer_slice(&ledger->checkpoint), published.note, sizeof published.note));
    pthread_mutex_lock(&engine->lock);
    ledger->published = published;
    pthread_mutex_unlock(&engine->lock);
    return RESULT_OK;
}

static bool is_state_damaged(struct engine *engine, const struct ledger *ledger)
{
    struct authority *const authority = engine_authority(engine);
    const struct authority_vendor *const vendor = authority_find_vendor(authority, ledger->vendor);
    const bool damaged = vendor != NULL && epoch_state_damaged(engine->options.signer.folder, vendor);
    authority_release(authority);
    return damaged;
}

#define KEY_ENDING ".key"

/* The signer has left the ledger out: by which file, avald can see without reading a key. */
static RESULT say_left_out(struct engine *engine, const struct ledger *ledger)
{
    if (!is_state_damaged(engine, ledger))
        return reason_say(&engine->reason, FAIL(SIGNER_KEY), "%s/%s%s", FOLDER_SIGNER, ledger->vendor, KEY_ENDING);
    struct reason words = {.text = ""};
    name_state(engine, &words);
    return reason_say(&engine->reason, FAIL(SIGNER_STATE), "%s", words.text);
}

static RESULT agree(struct engine *engine, struct ledger *ledger)
{
    TRY(load_tree(engine, ledger));
    TRY(signer_revive(engine));
    struct checkpoint signed_last;
    const struct result last = engine->options.signer.last(engine->signer, ledger->origin, &signed_last);
    if (result_code(last) == ERR_NOT_FOUND)
        return say_left_out(engine, ledger);
    TRY(last);
    TRY(check_signer(engine, ledger, &signed_last));
    TRY(check_extends(engine, ledger, &signed_last));
    if (signed_last.size < ledger->frontier.size)
        TRY(store_sync(engine->options.store, &engine->reason)); /* the signer must never be ahead of the disk */
    TRY(feed_from(engine, ledger, signed_last.size));
    const struct leaf_run none = {.first = ledger->frontier.size, .root = frontier_root(&ledger->frontier)};
    buffer_clear(&ledger->checkpoint);
    TRY(engine->options.signer.append(engine->signer, ledger->origin, &none, &ledger->checkpoint));
    TRY(buffer_status(&ledger->checkpoint));
    TRY(publish(engine, ledger));
    ledger->unsaved = ledger->frontier.size > 0;
    ledger->ready = true;
    return RESULT_OK;
}

/* Nobody can say whose memory the wrong bit is in: nothing that is remembered of the tree is believed any more. */
static void forget_tree(struct engine *engine, struct ledger *ledger)
{
    engine->roots = (struct roots){0};
    ledger->loaded = false;
    ledger->proved_seen = 0;
    tile_memory_free(ledger->tiles);
    ledger->tiles = NULL;
}

/* Says that signer and host do not get the same root, and has both begin anew from what is on disk. */
static void part(struct engine *engine, struct ledger *ledger)
{
    result_ignore(reason_say(&engine->reason, FAIL(SIGNER_ROOT),
                             _("ledger %s: signer and host do not get the same root"), ledger->origin));
    forget_tree(engine, ledger);
    signer_drop(engine);
}

static void set_lost(struct engine *engine, struct ledger *ledger, bool state, bool key)
{
    pthread_mutex_lock(&engine->lock);
    ledger->state_lost = state;
    ledger->key_lost = key;
    pthread_mutex_unlock(&engine->lock);
}

/* A signer that does not start may have failed of another ledger's. */
static bool is_own_state(struct engine *engine, const struct ledger *ledger)
{
    return engine->signer != NULL || is_state_damaged(engine, ledger);
}

RESULT ledger_agree(struct engine *engine, struct ledger *ledger)
{
    if (ledger->ready)
        return RESULT_OK;
    const struct result result = agree(engine, ledger);
    if (result_code(result) == ERR_SIGNER_ROOT)
        part(engine, ledger);
    const bool state_lost = result_code(result) == ERR_SIGNER_STATE && is_own_state(engine, ledger);
    const bool key_lost = result_code(result) == ERR_SIGNER_KEY;
    const bool known = (state_lost && ledger->state_lost) || (key_lost && ledger->key_lost);
    set_lost(engine, ledger, state_lost, key_lost);
    if (!is_ok(result) && result_code(result) != ERR_HOST_SIGNER && (engine->signer != NULL || state_lost) && !known)
        LOG_EVENT(engine->options.log, LOG_ERROR, "ledger-not-ready", TEXT_FIELD("ledger", ledger->origin),
                  TEXT_FIELD("reason", error_info(result_code(result))->name),
                  TEXT_FIELD("message", engine->reason.text));
    /* One that does not answer is of no use to any ledger. */
    if (result_code(result) == ERR_HOST_SIGNER)
        signer_drop(engine);
    return result;
}

/* ---- time ---- */

static void log_standing(const struct engine *engine, const struct ledger *ledger)
{
    char clock[TIME_TEXT_SIZE];
    char newest[TIME_TEXT_SIZE];
    time_write(clock_bounded(engine->now), clock);
    time_write(ledger->newest, newest);
    if (ledger->stands)
        LOG_EVENT(engine->options.log, LOG_ERROR, "ledger-stands", TEXT_FIELD("ledger", ledger->origin),
                  TEXT_FIELD("reason", error_info(ERR_HOST_CLOCK)->name), TEXT_FIELD("clock", clock),
                  TEXT_FIELD("newest", newest));
    else
        LOG_EVENT(engine->options.log, LOG_INFO, "ledger-goes-on", TEXT_FIELD("ledger", ledger->origin),
                  TEXT_FIELD("clock", clock), TEXT_FIELD("newest", newest));
}

static void tell_time(const struct engine *engine, struct ledger *ledger)
{
    const bool stood = ledger->stands;
    ledger->now = engine->now > ledger->newest ? engine->now : ledger->newest;
    ledger->stands = clock_is_behind(engine->now, ledger->newest);
    if (ledger->stands != stood)
        log_standing(engine, ledger);
}

/* Times in a ledger never run backwards: where the clock was set back by less than the tolerance, the ledger's time
 * waits at its newest leaf until the clock has caught up. Where it is by more, one of the two clocks was wrong, and
 * that ledger adds nothing. */
void ledgers_read_clock(struct engine *engine)
{
    engine->now = engine->options.now();
    for (size_t i = 0; i < engine->ledger_count; i++)
        tell_time(engine, engine->ledgers[i]);
}

/* ---- an old copy ---- */

bool ledger_is_restored(const struct ledger *ledger)
{
    return ledger->shown.epoch != 0;
}

/* Names the way out, once for each start of the engine. */
static void log_restored(const struct engine *engine, const struct ledger *ledger)
{
    char command[RECOVER_COMMAND_SIZE];
    recover_command_write(ERR_HOST_RESTORED, ledger->vendor, command);
    LOG_EVENT(engine->options.log, LOG_ERROR, "ledger-restored", TEXT_FIELD("ledger", ledger->origin),
              TEXT_FIELD("reason", error_info(ERR_HOST_RESTORED)->name), TEXT_FIELD("shown", ledger->shown.seen.origin),
              NUMBER_FIELD("shown_size", ledger->shown.seen.size), TEXT_FIELD("command", command));
}

static void set_shown(struct engine *engine, struct ledger *ledger, const struct shown *shown)
{
    const bool known = ledger_is_restored(ledger);
    const struct shown *const last = &ledger->shown;
    if (shown->epoch < last->epoch || (shown->epoch == last->epoch && shown->seen.size <= last->seen.size))
        return;
    pthread_mutex_lock(&engine->lock);
    ledger->shown = *shown;
    pthread_mutex_unlock(&engine->lock);
    if (!known)
        log_restored(engine, ledger);
}

RESULT ledger_shown(struct engine *engine, struct ledger *ledger, const struct shown *shown)
{
    set_shown(engine, ledger, shown);
    return store_shown_put(engine->options.store, ledger->first, shown, &engine->reason);
}

RESULT ledger_load_shown(struct engine *engine, struct ledger *ledger, const struct authority_vendor *vendor,
                         struct reason *reason)
{
    struct shown shown[SHOWN_MAX];
    size_t count;
    TRY(epoch_shown(engine->options.store, vendor, shown, &count, reason));
    if (count > 0)
        set_shown(engine, ledger, &shown[count - 1]);
    return RESULT_OK;
}

/* ---- a batch ---- */

RESULT ledger_add(struct ledger *ledger, struct slice text, uint64_t *ret_index)
{
    ENSURE(text.size <= LEAF_MAX, TEXT_TOO_LONG);
    buffer_append_slice(&ledger->texts, text);
    TRY(buffer_status(&ledger->texts));
    ledger->ends[ledger->count] = ledger->texts.size;
    *ret_index = ledger->frontier.size + ledger->count++;
    return RESULT_OK;
}

bool ledger_added(const struct ledger *ledger, uint64_t index, struct slice *ret_leaf)
{
    if (index < ledger->frontier.size || index - ledger->frontier.size >= ledger->count)
        return false;
    const size_t at = (size_t)(index - ledger->frontier.size);
    const size_t start = at == 0 ? 0 : ledger->ends[at - 1];
    *ret_leaf = slice_make(ledger->texts.data + start, ledger->ends[at] - start);
    return true;
}

RESULT ledger_tiles(struct engine *engine, struct ledger *ledger, struct store_tiles *context,
                    struct tile_source *ret_tiles)
{
    if (ledger->tiles == NULL)
        TRY(tile_memory_new(TILES_REMEMBERED, &ledger->tiles));
    *context = (struct store_tiles){engine->options.store, ledger->number, &engine->reason};
    *ret_tiles = store_tile_source(context);
    ret_tiles->memory = ledger->tiles;
    return RESULT_OK;
}

RESULT ledger_store(struct ledger *ledger, struct store *store, struct reason *reason)
{
    if (ledger->count == 0)
        return RESULT_OK;
    size_t start = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        ledger->leaves[i] = slice_make(ledger->texts.data + start, ledger->ends[i] - start);
        ledger->hashes[i] = merkle_leaf(ledger->leaves[i]);
        start = ledger->ends[i];
    }
    ledger->next = ledger->frontier;
    TRY(merkle_append(&ledger->next, ledger->hashes, ledger->count, &ledger->appended));
    TRY(store_leaves_append(store, ledger->number, ledger->frontier.size, ledger->leaves, ledger->count, reason));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t first;
        const struct hash *hashes;
        const size_t count = merkle_batch_tile_hashes(ledger->appended, level, &first, &hashes);
        if (count == 0)
            break;
        TRY(store_hashes_append(store, ledger->number, level, first, hashes, count, reason));
    }
    return RESULT_OK;
}

void ledger_stored(struct engine *engine, struct ledger *ledger)
{
    if (ledger->count > 0)
        set_newest(engine, ledger, ledger->now);
}

/* Appends the batch at the signer, and shows the tree that this makes. */
static RESULT append_batch(struct engine *engine, struct ledger *ledger, uint64_t first)
{
    const struct leaf_run run = {first, ledger->count, ledger->leaves, frontier_root(&ledger->frontier)};
    buffer_clear(&ledger->checkpoint);
    TRY(engine->options.signer.append(engine->signer, ledger->origin, &run, &ledger->checkpoint));
    TRY(buffer_status(&ledger->checkpoint));
    return publish(engine, ledger);
}

RESULT ledger_sign(struct engine *engine, struct ledger *ledger)
{
    const uint64_t first = ledger->frontier.size;
    ledger->frontier = ledger->next;
    if (ledger->ready) {
        const struct result result = append_batch(engine, ledger, first);
        if (is_ok(result)) {
            ledger->unsaved = true;
            return RESULT_OK;
        }
        LOG_EVENT(engine->options.log, LOG_WARNING, "signer-failed", TEXT_FIELD("ledger", ledger->origin),
                  TEXT_FIELD("reason", error_info(result_code(result))->name));
        if (result_code(result) == ERR_SIGNER_ROOT) {
            /* The leaves in memory may be the wrong ones, and answers are made of them: none of this batch. */
            part(engine, ledger);
            return FAIL(HOST_SIGNER);
        }
        signer_drop(engine);
    }
    /* It failed now, or for another ledger of this batch. */
    return is_ok(ledger_agree(engine, ledger)) ? RESULT_OK : FAIL(HOST_SIGNER);
}

void ledger_clear(struct ledger *ledger)
{
    merkle_batch_free(ledger->appended);
    ledger->appended = NULL;
    ledger->count = 0;
    buffer_clear(&ledger->texts);
}

/* ---- checkpoints in the store ---- */

RESULT checkpoints_store(struct engine *engine, struct reason *reason)
{
    for (size_t i = 0; i < engine->ledger_count; i++) {
        const struct ledger *const ledger = engine->ledgers[i];
        if (ledger->unsaved && ledger->ready)
            TRY(store_checkpoint_put(engine->options.store, ledger->number, buffer_slice(&ledger->checkpoint), reason));
    }
    return RESULT_OK;
}

void checkpoints_stored(struct engine *engine)
{
    for (size_t i = 0; i < engine->ledger_count; i++)
        if (engine->ledgers[i]->ready)
            engine->ledgers[i]->unsaved = false;
}
