/* Each ledger's tree and its agreement with the signer, by the functions themselves: over a store in memory, with a
 * signer that says what the test wants. */
#include "ledgers.h"
#include "state.h"

#include "backend.h"
#include "core/rules/clock.h"
#include "failing_calls.h"
#include "grown_ledger.h"
#include "store/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST   "kms.uni.example"
#define VENDOR "acme.example"
#define ORIGIN HOST "/" VENDOR
#define NOW    ((seconds)1795338000)

enum { BATCH = 4, LOG_MAX = 16 * 1024 };

/* ---- the signer ---- */

/* What it says, and what it was told. */
static struct signer_rig {
    struct result starts_with;
    struct result last_says;
    struct result append_says;
    struct checkpoint last;
    size_t note_size;
    bool careless; /* about whether its note had room */
    unsigned starts;
    unsigned stops;
    unsigned lasts;
    unsigned appends;
    uint64_t first; /* of the last run */
    size_t count;
    struct hash root;
    struct hash leaf; /* the last one's */
} signer;

static RESULT start_signer(const struct signer_service *service, void **ret_signer)
{
    (void)service;
    signer.starts++;
    if (is_ok(signer.starts_with))
        *ret_signer = &signer;
    return signer.starts_with;
}

static void stop_signer(void *context)
{
    signer.stops += context != NULL;
}

static RESULT last_of_signer(void *context, const char *origin, struct checkpoint *ret_checkpoint)
{
    assert_ptr_equal(context, &signer);
    assert_string_equal(origin, ORIGIN);
    signer.lasts++;
    if (is_ok(signer.last_says))
        *ret_checkpoint = signer.last;
    return signer.last_says;
}

static RESULT append_at_signer(void *context, const char *origin, const struct leaf_run *run, struct buffer *out)
{
    assert_ptr_equal(context, &signer);
    assert_string_equal(origin, ORIGIN);
    signer.appends++;
    signer.first = run->first;
    signer.count = run->count;
    signer.root = run->root;
    if (run->count > 0)
        signer.leaf = merkle_leaf(run->leaves[run->count - 1]);
    TRY(signer.append_says);
    assert_int_equal(out->size, 0); /* nothing of a note before */
    static char note[2 * SIGNED_NOTE_MAX];
    memset(note, 'n', sizeof note);
    buffer_append(out, note, signer.note_size);
    return signer.careless ? RESULT_OK : buffer_status(out);
}

/* ---- the store ---- */

/* One in memory, of whose calls the nth fails. */
static const struct store_ops *real_ops;
static struct store_ops failing_ops;
static unsigned store_calls;
static unsigned fail_at; /* 0: none */
static unsigned syncs;

static RESULT store_call(void)
{
    ENSURE(++store_calls != fail_at, STORE_FAILED);
    return RESULT_OK;
}

static RESULT sync_or_fail(struct store *store)
{
    (void)store;
    syncs++;
    return store_call();
}

static RESULT ledger_size_or_fail(struct store *store, uint32_t number, uint64_t *ret_size)
{
    TRY(store_call());
    return real_ops->ledger_size(store, number, ret_size);
}

static RESULT leaves_or_fail(struct store *store, uint32_t number, uint64_t first, uint64_t count,
                             bool (*each)(void *context, uint64_t index, struct slice leaf), void *context)
{
    TRY(store_call());
    return real_ops->leaves(store, number, first, count, each, context);
}

static RESULT hashes_get_or_fail(struct store *store, uint32_t number, unsigned level, uint64_t first, size_t count,
                                 struct hash *ret_hashes)
{
    TRY(store_call());
    return real_ops->hashes_get(store, number, level, first, count, ret_hashes);
}

static RESULT leaves_append_or_fail(struct store *store, uint32_t number, uint64_t first, const struct slice *leaves,
                                    size_t count)
{
    TRY(store_call());
    return real_ops->leaves_append(store, number, first, leaves, count);
}

static RESULT hashes_append_or_fail(struct store *store, uint32_t number, unsigned level, uint64_t first,
                                    const struct hash *hashes, size_t count)
{
    TRY(store_call());
    return real_ops->hashes_append(store, number, level, first, hashes, count);
}

static RESULT checkpoint_put_or_fail(struct store *store, uint32_t number, struct slice note)
{
    TRY(store_call());
    return real_ops->checkpoint_put(store, number, note);
}

static RESULT shown_put_or_fail(struct store *store, uint32_t number, const struct shown *shown)
{
    TRY(store_call());
    return real_ops->shown_put(store, number, shown);
}

static void let_fail(struct store *store)
{
    real_ops = store->ops;
    failing_ops = *real_ops;
    failing_ops.sync = sync_or_fail;
    failing_ops.ledger_size = ledger_size_or_fail;
    failing_ops.leaves = leaves_or_fail;
    failing_ops.hashes_get = hashes_get_or_fail;
    failing_ops.leaves_append = leaves_append_or_fail;
    failing_ops.hashes_append = hashes_append_or_fail;
    failing_ops.checkpoint_put = checkpoint_put_or_fail;
    failing_ops.shown_put = shown_put_or_fail;
    store->ops = &failing_ops;
    store_calls = 0;
    fail_at = 0;
    syncs = 0;
}

/* ---- the engine around it ---- */

static struct engine engine;
static struct ledger *ledger;
static struct ledger *ledgers[2];
static struct log log_file;
static struct authority_vendor vendor = {.vendor = VENDOR, .epoch = 1, .origin = ORIGIN, .host_key = {.name = ORIGIN}};
static struct authority nobody; /* of the vendor that the ledger is of, the folder has nothing any more */
static struct grown_ledger grown;
static seconds now;

static void ok(struct result result)
{
    assert_string_equal(is_ok(result) ? "ok" : error_info(result_code(result))->name, "ok");
}

static void fails(struct result result, enum error_code code)
{
    assert_string_equal(error_info(result_code(result))->name, error_info(code)->name);
    assert_false(is_ok(result));
}

static seconds now_of_host(void)
{
    return now;
}

static int64_t milliseconds_of_host(void)
{
    return 1000;
}

static int set_up(void **state)
{
    (void)state;
    now = NOW;
    memset(&engine, 0, sizeof engine);
    signer = (struct signer_rig){.starts_with = RESULT_OK,
                                 .last_says = RESULT_OK,
                                 .append_says = RESULT_OK,
                                 .last = {.origin = ORIGIN},
                                 .note_size = 7};
    signer.last.root = hash_of(slice_of(""));
    log_file = (struct log){.least = LOG_INFO, .now = now_of_host, .descriptor = memfd_create("log", MFD_CLOEXEC)};
    pthread_mutex_init(&engine.lock, NULL);
    ok(store_open_memory(&engine.options.store));
    let_fail(engine.options.store);
    engine.options.signer = (struct signer_service){
        .folder = "/f", .start = start_signer, .stop = stop_signer, .append = append_at_signer, .last = last_of_signer};
    engine.options.log = &log_file;
    engine.options.now = now_of_host;
    engine.options.milliseconds = milliseconds_of_host;
    engine.options.batch = BATCH;
    nobody = (struct authority){.host = HOST, .references = 1};
    engine.authority = &nobody;
    engine.ledgers = ledgers;
    engine.ledger_count = 1;
    ok(ledger_new(&vendor, BATCH, &ledger));
    ledgers[0] = ledger;
    grown_ledger_make(&grown, engine.options.store, ORIGIN);
    ledger->number = grown.number;
    ledger->first = grown.number;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(nobody.references, 1);
    ledger_free(ledger);
    store_close(engine.options.store);
    close(log_file.descriptor);
    pthread_mutex_destroy(&engine.lock);
    return 0;
}

static size_t logged(const char *words)
{
    static char text[LOG_MAX];
    const ssize_t size = pread(log_file.descriptor, text, sizeof text - 1, 0);
    size_t count = 0;
    assert_true(size >= 0);
    text[size] = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

static void add(const char *text, uint64_t expected)
{
    uint64_t index = 77;
    ok(ledger_add(ledger, slice_of(text), &index));
    assert_int_equal(index, expected);
}

static void store_batch(void)
{
    ok(store_begin(engine.options.store, NULL));
    ok(ledger_store(ledger, engine.options.store, NULL));
    ok(store_commit(engine.options.store, NULL));
    ledger_stored(&engine, ledger);
}

static void a_ledger_has_memory_for_all_of_a_batch_or_is_none(void **state)
{
    (void)state;
    struct result result = FAIL(NO_MEMORY);
    for (uint64_t nth = 1; !is_ok(result); nth++) {
        struct ledger *made = NULL;
        failing_memory_plan(nth);
        result = ledger_new(&vendor, BATCH, &made);
        failing_memory_plan(0);
        assert_true(failing_memory_happened() == !is_ok(result));
        assert_true(is_ok(result) == (made != NULL));
        ledger_free(made);
        assert_int_equal(failing_memory_held(), 0);
        if (!is_ok(result))
            fails(result, ERR_NO_MEMORY);
        else
            assert_true(nth > 4); /* itself and three arrays */
    }
}

/* ---- agreement ---- */

static void an_empty_ledger_agrees_with_an_empty_signer(void **state)
{
    (void)state;
    ok(ledger_agree(&engine, ledger));
    ledger_free(NULL);
    assert_true(ledger->ready && ledger->loaded);
    assert_false(ledger->unsaved); /* the checkpoint of nothing */
    assert_int_equal(signer.starts, 1);
    assert_int_equal(signer.appends, 1);
    assert_int_equal(signer.count, 0);
    assert_int_equal(ledger->published.size, 0);
    assert_string_equal(ledger->published.note, "nnnnnnn");
    assert_int_equal(ledger->published.ledger, ledger->number);
    assert_int_equal(logged("event=signer-fed"), 0);
    ok(ledger_agree(&engine, ledger)); /* is not asked again */
    assert_int_equal(signer.lasts, 1);
    assert_int_equal(signer.appends, 1);
}

static void what_the_store_is_ahead_is_fed_up_to_the_last_leaf(void **state)
{
    (void)state;
    struct frontier three;
    grown_ledger_append(&grown, 3);
    three = grown.frontier;
    grown_ledger_append(&grown, TILE_WIDTH);
    signer.last.size = 3;
    signer.last.root = frontier_root(&three);
    ok(ledger_agree(&engine, ledger));
    const struct hash root = frontier_root(&grown.frontier);
    const struct hash leaf = merkle_leaf(grown_leaf(TILE_WIDTH + 2));
    assert_int_equal(signer.appends, 2 + 1); /* to the end of the tile, behind it, and for the checkpoint */
    assert_int_equal(signer.first, TILE_WIDTH + 3);
    assert_int_equal(signer.count, 0);
    assert_true(hash_equal(&signer.root, &root));
    assert_true(hash_equal(&signer.leaf, &leaf));
    assert_int_equal(syncs, 1); /* before the first of them */
    assert_true(ledger->ready && ledger->unsaved);
    assert_int_equal(ledger->published.size, TILE_WIDTH + 3);
    assert_int_equal(logged("level=info event=signer-fed ledger=" ORIGIN " from=3 to=259\n"), 1);
}

static void where_both_are_equal_nothing_is_fed(void **state)
{
    (void)state;
    grown_ledger_append(&grown, 3);
    signer.last.size = 3;
    signer.last.root = frontier_root(&grown.frontier);
    ok(ledger_agree(&engine, ledger));
    assert_int_equal(signer.appends, 1);
    assert_int_equal(signer.first, 3);
    assert_int_equal(syncs, 0);
    assert_int_equal(logged("event=signer-fed"), 0);
    assert_true(ledger->unsaved);
}

/* The store is behind, or has another tree. */
static void a_store_that_does_not_extend_what_was_signed_is_told(void **state)
{
    (void)state;
    grown_ledger_append(&grown, 3);
    for (uint64_t size = 3; size <= 4; size++) {
        signer.last.size = size;
        engine.reason.text[0] = 0;
        fails(ledger_agree(&engine, ledger), ERR_STORE_ROLLED_BACK);
        assert_int_not_equal(engine.reason.text[0], 0);
        assert_false(ledger->ready);
        assert_int_equal(signer.appends, 0);
        assert_int_equal(signer.stops, 0);
        assert_int_equal(ledger->published.note[0], 0);
    }
    assert_int_equal(logged("level=error event=rolled-back ledger=" ORIGIN " database_size=3 signed_size=3\n"), 1);
    assert_int_equal(logged("level=error event=rolled-back ledger=" ORIGIN " database_size=3 signed_size=4\n"), 1);
    assert_int_equal(logged("level=error event=ledger-not-ready ledger=" ORIGIN " reason=store-rolled-back message="),
                     2);
}

/* One that does not answer is of no use to any ledger; one that refuses this ledger may be to others. */
static void a_signer_that_does_not_answer_is_dropped_and_one_that_refuses_is_not(void **state)
{
    (void)state;
    struct ledger other = {.ready = true};
    ledgers[1] = &other;
    engine.ledger_count = 2;
    signer.last_says = FAIL(NOT_FOUND);
    fails(ledger_agree(&engine, ledger), ERR_SIGNER_KEY);
    fails(ledger_agree(&engine, ledger), ERR_SIGNER_KEY);
    assert_int_equal(signer.stops, 0);
    assert_true(other.ready);
    assert_int_equal(logged("event=ledger-not-ready ledger=" ORIGIN " reason=signer-key message=signer/" VENDOR ".key"),
                     1);
    signer.last_says = FAIL(HOST_SIGNER);
    fails(ledger_agree(&engine, ledger), ERR_HOST_SIGNER);
    assert_int_equal(signer.stops, 1);
    assert_null(engine.signer);
    assert_false(other.ready);
    assert_int_equal(logged("event=ledger-not-ready"), 1); /* which is said of the signer instead */
    signer.last_says = RESULT_OK;
    ok(ledger_agree(&engine, ledger));
    assert_int_equal(signer.starts, 2);
    assert_int_equal(logged("level=info event=signer-started folder=/f\n"), 2);
}

/* For every call of the store: no root is signed that is made of what was not read, or of what is not on disk. */
static void let_store_fail(const struct frontier *behind)
{
    signer.last.size = behind->size;
    signer.last.root = frontier_root(behind);
    ledger->published.note[0] = 0;
    for (unsigned nth = 1;; nth++) {
        ledger->loaded = false;
        ledger->ready = false;
        store_calls = 0;
        fail_at = nth;
        const struct result result = ledger_agree(&engine, ledger);
        if (is_ok(result)) {
            assert_true(store_calls < nth);
            assert_true(nth > 6); /* the size, the newest leaf, the disk, and of each tile hashes and leaves */
            break;
        }
        fails(result, ERR_STORE_FAILED);
        assert_false(ledger->ready);
        assert_int_equal(ledger->published.note[0], 0);
    }
    const struct hash root = frontier_root(&grown.frontier);
    assert_true(hash_equal(&signer.root, &root));
    assert_int_equal(ledger->published.size, grown.frontier.size);
}

static void without_the_store_nothing_agrees(void **state)
{
    (void)state;
    const struct frontier none = grown.frontier;
    grown_ledger_append(&grown, TILE_WIDTH + 3);
    const struct frontier some = grown.frontier;
    grown_ledger_append(&grown, TILE_WIDTH);
    let_store_fail(&none);
    let_store_fail(&some);
}

/* Nothing that is remembered of the tree is believed after that. */
static void a_signer_that_gets_another_root_is_dropped_with_all_that_is_remembered(void **state)
{
    (void)state;
    struct store_tiles context;
    struct tile_source tiles;
    grown_ledger_append(&grown, 3);
    ok(ledger_tiles(&engine, ledger, &context, &tiles));
    assert_non_null(ledger->tiles);
    roots_remember(&engine.roots, 1, 2, hash_of(slice_of("root")));
    ledger->proved_seen = 2;
    signer.append_says = FAIL(SIGNER_ROOT);
    fails(ledger_agree(&engine, ledger), ERR_SIGNER_ROOT);
    assert_string_equal(engine.reason.text, "ledger " ORIGIN ": signer and host do not get the same root");
    assert_false(ledger->ready || ledger->loaded);
    assert_null(ledger->tiles);
    assert_int_equal(ledger->proved_seen, 0);
    assert_null(roots_recall(&engine.roots, 1, 2));
    assert_null(engine.signer);
    assert_int_equal(signer.stops, 1);
    assert_int_equal(signer.appends, 1);
    signer.append_says = RESULT_OK;
    ok(ledger_agree(&engine, ledger));
    assert_int_equal(ledger->published.size, 3);
}

static void a_note_that_is_too_long_to_be_shown_is_not(void **state)
{
    (void)state;
    signer.note_size = PUBLISHED_NOTE_SIZE;
    fails(ledger_agree(&engine, ledger), ERR_TEXT_TOO_LONG);
    assert_false(ledger->ready);
    assert_int_equal(ledger->published.note[0], 0);
    signer.note_size = PUBLISHED_NOTE_SIZE - 1;
    ok(ledger_agree(&engine, ledger));
    assert_int_equal(strlen(ledger->published.note), PUBLISHED_NOTE_SIZE - 1);
}

/* Whatever the signer says of it. */
static void a_note_that_had_no_room_is_none(void **state)
{
    (void)state;
    ok(ledger_agree(&engine, ledger));
    add("one", 0);
    store_batch();
    signer.note_size = SIGNED_NOTE_MAX + 1;
    signer.careless = true;
    fails(ledger_sign(&engine, ledger), ERR_HOST_SIGNER);
    assert_int_equal(ledger->published.size, 0);
    fails(ledger_agree(&engine, ledger), ERR_TEXT_TOO_LONG);
    assert_int_equal(ledger->published.size, 0);
    ledger_clear(ledger);
}

static void tiles_are_remembered_from_one_proof_to_the_next(void **state)
{
    (void)state;
    struct store_tiles context;
    struct tile_source tiles;
    ok(ledger_tiles(&engine, ledger, &context, &tiles));
    struct tile_memory *const memory = ledger->tiles;
    assert_non_null(memory);
    assert_ptr_equal(tiles.memory, memory);
    assert_ptr_equal(context.store, engine.options.store);
    assert_int_equal(context.ledger, ledger->number);
    ok(ledger_tiles(&engine, ledger, &context, &tiles));
    assert_ptr_equal(ledger->tiles, memory);
}

/* ---- a batch ---- */

static void assert_added(uint64_t index, const char *text)
{
    struct slice leaf = slice_of("");
    assert_true(ledger_added(ledger, index, &leaf) == (text != NULL));
    assert_true(slice_is(leaf, text == NULL ? "" : text));
}

static void leaves_of_a_batch_come_behind_those_that_are_there(void **state)
{
    (void)state;
    uint64_t size = 0;
    grown_ledger_append(&grown, 2);
    ok(ledger_agree(&engine, ledger));
    ledger->unsaved = false;
    ledger->now = NOW;
    add("three", 2);
    add("", 3);
    add("five!", 4);
    assert_added(1, NULL);
    assert_added(2, "three");
    assert_added(3, "");
    assert_added(4, "five!");
    assert_added(5, NULL);
    store_batch();
    assert_int_equal(ledger->newest, NOW);
    ok(store_ledger_size(engine.options.store, ledger->number, &size, NULL));
    assert_int_equal(size, 5);
    assert_int_equal(ledger->published.size, 2); /* not before it is signed */
    const unsigned appends = signer.appends;
    ok(ledger_sign(&engine, ledger));
    const struct hash leaf = merkle_leaf(slice_of("five!"));
    const struct hash root = frontier_root(&ledger->frontier);
    assert_int_equal(signer.appends, appends + 1);
    assert_int_equal(signer.first, 2);
    assert_int_equal(signer.count, 3);
    assert_true(hash_equal(&signer.leaf, &leaf));
    assert_true(hash_equal(&signer.root, &root));
    assert_int_equal(ledger->frontier.size, 5);
    assert_int_equal(ledger->published.size, 5);
    assert_true(ledger->unsaved);
    ledger_clear(ledger);
    assert_int_equal(ledger->count, 0);
    assert_null(ledger->appended);
    assert_added(4, NULL);
    add("six", 5);
    assert_added(5, "six");
    store_batch();
    ok(ledger_sign(&engine, ledger));
    assert_int_equal(signer.first, 5);
    assert_int_equal(signer.count, 1);
    ledger_clear(ledger);
    /* what is stored makes the same tree again */
    ledger->loaded = false;
    ledger->ready = false;
    signer.last.size = 6;
    signer.last.root = frontier_root(&ledger->frontier);
    ok(ledger_agree(&engine, ledger));
}

static void a_batch_without_leaves_changes_nothing(void **state)
{
    (void)state;
    ok(ledger_agree(&engine, ledger));
    ledger->now = NOW;
    store_batch();
    assert_int_equal(ledger->newest, 0);
    assert_null(ledger->appended);
}

static void a_leaf_may_have_its_greatest_size_and_no_more(void **state)
{
    (void)state;
    static char text[LEAF_MAX + 1];
    uint64_t index = 77;
    ok(ledger_agree(&engine, ledger));
    fails(ledger_add(ledger, slice_make(text, sizeof text), &index), ERR_TEXT_TOO_LONG);
    assert_int_equal(index, 77);
    assert_int_equal(ledger->count, 0);
    for (uint64_t i = 0; i < BATCH; i++) { /* a whole batch of them has room */
        ok(ledger_add(ledger, slice_make(text, LEAF_MAX), &index));
        assert_int_equal(index, i);
    }
    store_batch();
    ok(ledger_sign(&engine, ledger));
    ledger_clear(ledger);
}

/* What is committed and not signed is fed at once, where that can be. */
static void a_batch_that_was_not_signed_is_fed_to_the_next_signer(void **state)
{
    (void)state;
    ok(ledger_agree(&engine, ledger));
    add("one", 0);
    store_batch();
    signer.append_says = FAIL(HOST_SIGNER);
    fails(ledger_sign(&engine, ledger), ERR_HOST_SIGNER);
    assert_int_equal(signer.stops, 2); /* the one that failed, and the one that was started for it */
    assert_int_equal(logged("level=warning event=signer-failed ledger=" ORIGIN " reason=host-signer\n"), 1);
    assert_false(ledger->ready);
    ledger_clear(ledger);
    assert_int_equal(ledger->published.size, 0);
    signer.append_says = RESULT_OK;
    add("two", 1);
    store_batch();
    ok(ledger_sign(&engine, ledger)); /* together with the one before */
    assert_int_equal(ledger->published.size, 2);
    assert_int_equal(logged("event=signer-fed ledger=" ORIGIN " from=0 to=2\n"), 1);
    ledger_clear(ledger);
}

static void of_a_batch_with_another_root_nothing_is_answered(void **state)
{
    (void)state;
    ok(ledger_agree(&engine, ledger));
    add("one", 0);
    store_batch();
    signer.append_says = FAIL(SIGNER_ROOT);
    const unsigned appends = signer.appends;
    fails(ledger_sign(&engine, ledger), ERR_HOST_SIGNER);
    assert_int_equal(signer.appends, appends + 1); /* it is not fed either */
    assert_false(ledger->loaded || ledger->ready);
    assert_int_equal(signer.stops, 1);
    assert_int_equal(logged("event=signer-failed ledger=" ORIGIN " reason=signer-root\n"), 1);
    ledger_clear(ledger);
}

/* The store has a leaf, or a hash, where this batch begins. */
static void a_batch_that_the_store_refuses_in_part_is_refused(void **state)
{
    (void)state;
    struct store *const store = engine.options.store;
    const struct slice leaf = slice_of("of somebody else");
    const struct hash hash = merkle_leaf(leaf);
    ok(ledger_agree(&engine, ledger));
    add("one", 0);
    for (int part = 0; part < 2; part++) {
        ok(store_begin(store, NULL));
        if (part == 0)
            ok(store_leaves_append(store, ledger->number, 0, &leaf, 1, NULL));
        else
            ok(store_hashes_append(store, ledger->number, 0, 0, &hash, 1, NULL));
        fails(ledger_store(ledger, store, NULL), ERR_STORE_CORRUPT);
        store_rollback(store);
        merkle_batch_free(ledger->appended);
        ledger->appended = NULL;
    }
    store_batch();
    ok(ledger_sign(&engine, ledger));
    fail_at = store_calls + 1;
    ok(store_begin(store, NULL));
    fails(checkpoints_store(&engine, NULL), ERR_STORE_FAILED);
    fail_at = store_calls + 1;
    const struct shown shown = {.epoch = 1, .seen = {.origin = ORIGIN, .size = 7}};
    fails(ledger_shown(&engine, ledger, &shown), ERR_STORE_FAILED);
    store_rollback(store);
}

/* ---- checkpoints in the store ---- */

static void checkpoints_are_stored_of_ledgers_that_agree_and_once(void **state)
{
    static const struct {
        bool unsaved;
        bool ready;
        bool stored;
        bool unsaved_then;
    } rows[] = {{false, false, false, false},
                {true, false, false, true},
                {false, true, false, false},
                {true, true, true, false}};
    (void)state;
    ok(ledger_agree(&engine, ledger));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
        ledger->unsaved = rows[i].unsaved;
        ledger->ready = rows[i].ready;
        ok(store_begin(engine.options.store, NULL));
        ok(checkpoints_store(&engine, NULL));
        ok(store_commit(engine.options.store, NULL));
        checkpoints_stored(&engine);
        assert_true(is_ok(store_checkpoint_get(engine.options.store, ledger->number, &note, NULL)) == rows[i].stored);
        assert_true(ledger->unsaved == rows[i].unsaved_then);
    }
}

/* ---- time ---- */

static void times_of_a_ledger_never_run_backwards(void **state)
{
    static const struct {
        seconds clock; /* less the newest leaf's time */
        seconds now;
        bool stands;
        size_t stood; /* how often the log has said so, */
        size_t went_on;
    } rows[] = {
        {0, 0, false, 0, 0},
        {5, 5, false, 0, 0},
        {-10, 0, false, 0, 0},
        {-CLOCK_TOLERANCE, 0, false, 0, 0},
        {-CLOCK_TOLERANCE - 1, 0, true, 1, 0},
        {-CLOCK_TOLERANCE - 2, 0, true, 1, 0},
        {-CLOCK_TOLERANCE, 0, false, 1, 1},
        {1, 1, false, 1, 1},
        {-CLOCK_TOLERANCE - 1, 0, true, 2, 1},
    };
    (void)state;
    ledger->newest = NOW;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        now = NOW + rows[i].clock;
        ledgers_read_clock(&engine);
        assert_int_equal(engine.now, now);
        assert_int_equal(ledger->now, NOW + rows[i].now);
        assert_int_equal(ledger->stands, rows[i].stands);
        assert_int_equal(logged("level=error event=ledger-stands ledger=" ORIGIN " reason=host-clock"), rows[i].stood);
        assert_int_equal(logged("level=info event=ledger-goes-on ledger=" ORIGIN), rows[i].went_on);
    }
}

/* ---- an old copy ---- */

static struct shown shown_of(uint64_t epoch, uint64_t size)
{
    struct shown shown = {.epoch = epoch, .seen = {.size = size}};
    snprintf(shown.seen.origin, sizeof shown.seen.origin, "%s", ORIGIN);
    return shown;
}

static void the_latest_that_was_shown_of_a_ledger_is_kept(void **state)
{
    static const struct {
        uint64_t epoch;
        uint64_t size;
        uint64_t epoch_then;
        uint64_t size_then;
    } rows[] = {
        {1, 7, 1, 7}, {1, 6, 1, 7}, {1, 7, 1, 7}, {1, 8, 1, 8}, {2, 3, 2, 3}, {1, 9, 2, 3}, {2, 3, 2, 3}, {2, 4, 2, 4},
    };
    (void)state;
    assert_false(ledger_is_restored(ledger));
    ok(store_begin(engine.options.store, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct shown shown = shown_of(rows[i].epoch, rows[i].size);
        ok(ledger_shown(&engine, ledger, &shown));
        assert_true(ledger_is_restored(ledger));
        assert_int_equal(ledger->shown.epoch, rows[i].epoch_then);
        assert_int_equal(ledger->shown.seen.size, rows[i].size_then);
    }
    ok(store_commit(engine.options.store, NULL));
    assert_int_equal(logged("level=error event=ledger-restored"), 1);
    assert_int_equal(logged(" shown_size=7 "), 1);
    /* and known again at the next start, which says so once more */
    ledger->shown = (struct shown){.epoch = 0};
    ok(ledger_load_shown(&engine, ledger, &vendor, NULL));
    assert_int_equal(ledger->shown.epoch, 2);
    assert_int_equal(ledger->shown.seen.size, 4);
    assert_int_equal(logged("level=error event=ledger-restored"), 2);
}

static void where_nothing_was_shown_a_ledger_is_no_old_copy(void **state)
{
    (void)state;
    ok(ledger_load_shown(&engine, ledger, &vendor, NULL));
    assert_false(ledger_is_restored(ledger));
    assert_int_equal(logged("event=ledger-restored"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_ledger_has_memory_for_all_of_a_batch_or_is_none),
        TEST(an_empty_ledger_agrees_with_an_empty_signer),
        TEST(what_the_store_is_ahead_is_fed_up_to_the_last_leaf),
        TEST(where_both_are_equal_nothing_is_fed),
        TEST(a_store_that_does_not_extend_what_was_signed_is_told),
        TEST(a_signer_that_does_not_answer_is_dropped_and_one_that_refuses_is_not),
        TEST(without_the_store_nothing_agrees),
        TEST(a_signer_that_gets_another_root_is_dropped_with_all_that_is_remembered),
        TEST(a_note_that_is_too_long_to_be_shown_is_not),
        TEST(a_note_that_had_no_room_is_none),
        TEST(tiles_are_remembered_from_one_proof_to_the_next),
        TEST(leaves_of_a_batch_come_behind_those_that_are_there),
        TEST(a_batch_without_leaves_changes_nothing),
        TEST(a_leaf_may_have_its_greatest_size_and_no_more),
        TEST(a_batch_that_was_not_signed_is_fed_to_the_next_signer),
        TEST(of_a_batch_with_another_root_nothing_is_answered),
        TEST(a_batch_that_the_store_refuses_in_part_is_refused),
        TEST(checkpoints_are_stored_of_ledgers_that_agree_and_once),
        TEST(times_of_a_ledger_never_run_backwards),
        TEST(the_latest_that_was_shown_of_a_ledger_is_kept),
        TEST(where_nothing_was_shown_a_ledger_is_no_old_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
