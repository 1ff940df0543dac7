/* What store.h promises, asked of every kind of store: leaves that lie elsewhere. The archive is in memory. */
#include "fixture.h"

#include "conformance.h"
#include "core/tlog/bundle.h"
#include "core/tlog/merkle.h"
#include "store/ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { BUNDLES = 3, LEAVES = BUNDLES * TILE_WIDTH + 10 };
#define ORIGIN "host/vendor"
#define FOLDER "the folder"

static struct store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

/* ---- an archive ---- */

static struct archive {
    struct buffer bundles[BUNDLES];
    bool missing[BUNDLES];
    unsigned reads;
} archive;

static RESULT read_bundle(const void *context, const char *folder, const char *origin, uint64_t bundle,
                          struct buffer *out, struct reason *reason)
{
    assert_ptr_equal(context, &archive);
    assert_string_equal(folder, FOLDER);
    assert_string_equal(origin, ORIGIN);
    __atomic_add_fetch(&archive.reads, 1, __ATOMIC_RELAXED);
    if (bundle >= BUNDLES || archive.missing[bundle])
        return reason_say(reason, FAIL(ARCHIVE_MISSING), "bundle %u", (unsigned)bundle);
    buffer_append_slice(out, buffer_slice(&archive.bundles[bundle]));
    return buffer_status(out);
}

static bool look(const void *context, const char *folder, const char *origin, uint64_t bundle, struct reason *reason)
{
    (void)context;
    (void)folder;
    (void)origin;
    result_ignore(reason_say(reason, RESULT_OK, "bundle %u", (unsigned)bundle));
    return bundle < BUNDLES && !archive.missing[bundle];
}

static struct slice leaf_of(uint64_t index)
{
    static char text[64];
    const int length = snprintf(text, sizeof text, "leaf %u", (unsigned)index);
    return slice_make(text, index % 7 == 0 ? 0 : (size_t)length);
}

/* ---- a ledger ---- */

static void append(struct store *store, uint32_t ledger)
{
    struct hash hashes[TILE_WIDTH];
    assert_ok(store_begin(store, NULL));
    for (uint64_t i = 0; i < LEAVES; i++) {
        const struct slice leaf = leaf_of(i);
        hashes[i % TILE_WIDTH] = merkle_leaf(leaf);
        assert_ok(store_leaves_append(store, ledger, i, &leaf, 1, NULL));
        if (i % TILE_WIDTH == TILE_WIDTH - 1 || i == LEAVES - 1)
            assert_ok(store_hashes_append(store, ledger, 0, i - i % TILE_WIDTH, hashes, i % TILE_WIDTH + 1, NULL));
    }
    assert_ok(store_commit(store, NULL));
}

static uint32_t set_up_ledger(struct store *store)
{
    const struct leaf_archive source = {.read = read_bundle, .look = look, .context = &archive};
    uint32_t ledger;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, "host/other", &ledger, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &ledger, NULL));
    assert_ok(store_commit(store, NULL));
    append(store, ledger);
    memset(&archive, 0, sizeof archive);
    for (uint64_t i = 0; i < (uint64_t)BUNDLES * TILE_WIDTH; i++) {
        struct buffer *const bundle = &archive.bundles[i / TILE_WIDTH];
        if (i % TILE_WIDTH == 0)
            *bundle = buffer_make(BUNDLE_MAX);
        bundle_add(leaf_of(i), bundle);
    }
    store_archive_attach(store, &source);
    return ledger;
}

static void free_archive(void)
{
    for (size_t i = 0; i < BUNDLES; i++)
        buffer_free(&archive.bundles[i]);
}

static RESULT put_archived(struct store *store, uint32_t ledger, uint64_t bundles)
{
    const struct archived archived = {.bundles = bundles, .folder = FOLDER};
    return store_archive(store, ledger, &archived, NULL);
}

static void archive_bundles(struct store *store, uint32_t ledger, uint64_t bundles)
{
    assert_ok(store_begin(store, NULL));
    assert_ok(put_archived(store, ledger, bundles));
    assert_ok(store_commit(store, NULL));
}

struct leaves_seen {
    uint64_t next;
    uint64_t stop_at;
};

static bool see(void *context, uint64_t index, struct slice leaf)
{
    struct leaves_seen *const seen = context;
    assert_int_equal(index, seen->next);
    assert_true(slice_equal(leaf, leaf_of(index)));
    seen->next++;
    return seen->next != seen->stop_at;
}

static void assert_stretch(struct store *store, uint32_t ledger, uint64_t first, uint64_t end)
{
    struct leaves_seen seen = {.next = first};
    assert_ok(store_leaves(store, ledger, first, end - first, see, &seen, NULL));
    assert_int_equal(seen.next, end < LEAVES ? end : LEAVES);
}

static void assert_all(struct store *store, uint32_t ledger)
{
    static const uint64_t places[] = {0, 1, 255, 256, 257, 511, 512, 767, 768, 770, LEAVES - 1, LEAVES};
    const size_t count = sizeof places / sizeof *places;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            assert_stretch(store, ledger, places[i], places[k]);
    uint64_t size;
    assert_ok(store_ledger_size(store, ledger, &size, NULL));
    assert_int_equal(size, LEAVES);
}

/* ---- tests ---- */

static void archived_leaves_are_read_as_all_others(void **state)
{
    struct store *const store = store_of(state);
    struct store *early;
    struct store *late;
    const uint32_t ledger = set_up_ledger(store);
    struct archived archived;
    assert_ok(store_open_reader(store, &early, NULL));
    for (uint64_t bundles = 1; bundles <= BUNDLES; bundles++) {
        archive_bundles(store, ledger, bundles);
        assert_ok(store_archived(store, ledger, &archived, NULL));
        assert_int_equal(archived.bundles, bundles);
        assert_string_equal(archived.folder, FOLDER);
        assert_ok(store_open_reader(store, &late, NULL));
        assert_all(store, ledger);
        assert_all(early, ledger);
        assert_all(late, ledger);
        store_close(late);
    }
    CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
    assert_ok(store_leaf_get(early, ledger, 300, &out, NULL));
    assert_true(slice_equal(buffer_slice(&out), leaf_of(300)));
    assert_fails(store_leaf_get(early, ledger, LEAVES, &out, NULL), NOT_FOUND);
    assert_ok(store_archived(store, ledger - 1, &archived, NULL));
    assert_int_equal(archived.bundles, 0);
    store_close(early);
    free_archive();
}

static void a_stop_ends_the_reading_of_files(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    struct leaves_seen seen = {.next = 200, .stop_at = 256};
    archive_bundles(store, ledger, BUNDLES);
    archive.reads = 0;
    assert_ok(store_leaves(store, ledger, 200, LEAVES, see, &seen, NULL));
    assert_int_equal(seen.next, 256);
    assert_int_equal(archive.reads, 1);
    free_archive();
}

static void leaves_go_on_behind_an_archive(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    const struct slice leaf = slice_of("more");
    archive_bundles(store, ledger, 2);
    assert_ok(store_begin(store, NULL));
    assert_fails(store_leaves_append(store, ledger, 512, &leaf, 1, NULL), STORE_CORRUPT);
    assert_ok(store_leaves_append(store, ledger, LEAVES, &leaf, 1, NULL));
    assert_ok(store_commit(store, NULL));
    CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
    assert_ok(store_leaf_get(store, ledger, LEAVES, &out, NULL));
    assert_string_equal(buffer_text(&out), "more");
    assert_stretch(store, ledger, 0, LEAVES);
    free_archive();
}

static void what_was_archived_in_a_transaction_that_is_undone_is_here(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    struct archived archived;
    assert_ok(store_begin(store, NULL));
    assert_ok(put_archived(store, ledger, 2));
    assert_stretch(store, ledger, 0, LEAVES);
    store_rollback(store);
    archive.reads = 0;
    assert_all(store, ledger);
    assert_int_equal(archive.reads, 0);
    assert_ok(store_archived(store, ledger, &archived, NULL));
    assert_int_equal(archived.bundles, 0);
    free_archive();
}

static void a_ledger_keeps_its_last_leaf_and_nothing_comes_back(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    static const uint64_t wrong[] = {0, 1, BUNDLES + 1, UINT64_MAX};
    archive_bundles(store, ledger, 2);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(store_begin(store, NULL));
        assert_fails(put_archived(store, ledger, wrong[i]), STORE_CORRUPT);
        store_rollback(store);
    }
    assert_ok(store_begin(store, NULL));
    assert_fails(put_archived(store, ledger - 1, 1), STORE_CORRUPT);
    store_rollback(store);
    archive_bundles(store, ledger, 2); /* such as for another folder */
    assert_all(store, ledger);
    free_archive();
}

static void what_is_missing_is_named_and_stops_nothing_else(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    struct reason reason = {.text = ""};
    uint64_t missing;
    CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
    archive_bundles(store, ledger, BUNDLES);
    assert_ok(store_archive_look(store, ledger, 0, &missing, &reason));
    assert_int_equal(missing, 0);
    archive.missing[1] = archive.missing[2] = true;
    assert_ok(store_archive_look(store, ledger, 0, &missing, &reason));
    assert_int_equal(missing, 2);
    assert_string_equal(reason.text, "bundle 1");
    assert_ok(store_archive_look(store, ledger, 2, &missing, &reason));
    assert_int_equal(missing, 1);
    assert_ok(store_archive_look(store, ledger, BUNDLES, &missing, &reason));
    assert_int_equal(missing, 0);
    reason.text[0] = 0;
    assert_fails(store_leaf_get(store, ledger, 256, &out, &reason), ARCHIVE_MISSING);
    assert_string_equal(reason.text, "bundle 1");
    assert_stretch(store, ledger, 0, 256);
    assert_stretch(store, ledger, 768, LEAVES);
    archive.missing[1] = archive.missing[2] = false;
    assert_all(store, ledger);
    free_archive();
}

static void no_changed_leaf_is_handed_out(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    struct buffer *const bundle = &archive.bundles[1];
    archive_bundles(store, ledger, BUNDLES);
    for (size_t at = 0; at < bundle->size; at += 5) {
        struct leaves_seen seen = {.next = 256};
        struct reason reason = {.text = ""};
        bundle->data[at] ^= 1;
        assert_fails(store_leaves(store, ledger, 256, 256, see, &seen, &reason), ARCHIVE_DAMAGED);
        assert_string_equal(reason.text, "bundle 1");
        bundle->data[at] ^= 1;
    }
    assert_fails(store_bundle_check(store, ledger, 0, buffer_slice(bundle), NULL), STORE_CORRUPT);
    assert_ok(store_bundle_check(store, ledger, 1, buffer_slice(bundle), NULL));
    assert_all(store, ledger);
    free_archive();
}

static void without_an_archive_nothing_is_there(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    const struct leaf_archive none = {.read = NULL};
    struct reason reason = {.text = ""};
    uint64_t missing;
    CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
    archive_bundles(store, ledger, 2);
    store_archive_attach(store, &none);
    assert_fails(store_leaf_get(store, ledger, 0, &out, NULL), ARCHIVE_MISSING);
    assert_ok(store_archive_look(store, ledger, 0, &missing, &reason));
    assert_int_equal(missing, 2);
    free_archive();
}

static void shrinking_changes_nothing_that_is_read(void **state)
{
    struct store *const store = store_of(state);
    const uint32_t ledger = set_up_ledger(store);
    archive_bundles(store, ledger, 2);
    assert_ok(store_shrink(store, NULL));
    assert_all(store, ledger);
    free_archive();
}

/* ---- a reader in another thread ---- */

struct watch {
    struct store *reader;
    uint32_t ledger;
    bool faulty;
    bool ended; /* by the other thread, atomically */
};

static bool count_leaf(void *context, uint64_t index, struct slice leaf)
{
    uint64_t *const next = context;
    (void)leaf;
    return index == (*next)++;
}

static void *read_all_the_time(void *context)
{
    struct watch *const watch = context;
    bool last = false;
    while (!watch->faulty && !last) {
        uint64_t next = 0;
        last = __atomic_load_n(&watch->ended, __ATOMIC_ACQUIRE);
        watch->faulty =
            !is_ok(store_leaves(watch->reader, watch->ledger, 0, LEAVES, count_leaf, &next, NULL)) || next != LEAVES;
    }
    return NULL;
}

static void who_reads_meanwhile_sees_every_leaf(void **state)
{
    struct store *const store = store_of(state);
    struct watch watch = {.ledger = set_up_ledger(store)};
    pthread_t thread;
    assert_ok(store_open_reader(store, &watch.reader, NULL));
    assert_int_equal(pthread_create(&thread, NULL, read_all_the_time, &watch), 0);
    for (unsigned round = 0; round < 20; round++) {
        assert_ok(store_begin(store, NULL));
        assert_ok(put_archived(store, watch.ledger, BUNDLES));
        store_rollback(store);
    }
    for (uint64_t bundles = 1; bundles <= BUNDLES; bundles++)
        archive_bundles(store, watch.ledger, bundles);
    __atomic_store_n(&watch.ended, true, __ATOMIC_RELEASE);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(watch.faulty);
    store_close(watch.reader);
    free_archive();
}

static const struct conformance_test tests[] = {
    CONFORMANCE(who_reads_meanwhile_sees_every_leaf),
    CONFORMANCE(archived_leaves_are_read_as_all_others),
    CONFORMANCE(a_stop_ends_the_reading_of_files),
    CONFORMANCE(leaves_go_on_behind_an_archive),
    CONFORMANCE(what_was_archived_in_a_transaction_that_is_undone_is_here),
    CONFORMANCE(a_ledger_keeps_its_last_leaf_and_nothing_comes_back),
    CONFORMANCE(what_is_missing_is_named_and_stops_nothing_else),
    CONFORMANCE(no_changed_leaf_is_handed_out),
    CONFORMANCE(without_an_archive_nothing_is_there),
    CONFORMANCE(shrinking_changes_nothing_that_is_read),
};

int main(void)
{
    return conformance_run(tests, sizeof tests / sizeof *tests);
}
