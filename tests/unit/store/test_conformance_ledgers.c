/* What store.h promises, asked of every kind of store: ledgers, their tiles, and readers in another thread. */
#include "fixture.h"

#include "conformance.h"
#include "store/ledger.h"

#include <pthread.h>
#include <stdio.h>

static struct store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

static void append_leaves(struct store *store, uint32_t ledger, uint64_t first, size_t count)
{
    assert_ok(store_begin(store, NULL));
    for (size_t i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof text, "leaf %u of %u", (unsigned)(first + i), ledger);
        const struct slice leaf = slice_of(text);
        assert_ok(store_leaves_append(store, ledger, first + i, &leaf, 1, NULL));
    }
    assert_ok(store_commit(store, NULL));
}

struct leaves_seen {
    uint64_t next;
    size_t count;
    size_t stop_at;
    uint32_t ledger;
};

static bool see_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct leaves_seen *const seen = context;
    char text[32];
    assert_int_equal(index, seen->next);
    snprintf(text, sizeof text, "leaf %u of %u", (unsigned)index, seen->ledger);
    assert_true(slice_is(leaf, text));
    seen->next++;
    seen->count++;
    return seen->count != seen->stop_at;
}

static void leaves_come_back_in_order_and_each_ledger_has_its_own(void **state)
{
    struct store *const store = store_of(state);
    uint64_t size;
    append_leaves(store, 1, 0, 5);
    append_leaves(store, 2, 0, 3);
    append_leaves(store, 1, 5, 5);
    assert_ok(store_ledger_size(store, 1, &size, NULL));
    assert_int_equal(size, 10);
    assert_ok(store_ledger_size(store, 2, &size, NULL));
    assert_int_equal(size, 3);
    assert_ok(store_ledger_size(store, 3, &size, NULL));
    assert_int_equal(size, 0);
    struct leaves_seen seen = {.next = 2, .ledger = 1};
    assert_ok(store_leaves(store, 1, 2, 4, see_leaf, &seen, NULL));
    assert_int_equal(seen.count, 4);
    assert_ok(store_leaves(store, 1, 6, 100, see_leaf, &seen, NULL));
    assert_int_equal(seen.count, 8);
    struct leaves_seen stopped = {.next = 0, .ledger = 2, .stop_at = 2};
    assert_ok(store_leaves(store, 2, 0, UINT64_MAX, see_leaf, &stopped, NULL));
    assert_int_equal(stopped.count, 2);
}

static void one_leaf_can_be_read_and_none_behind_the_end(void **state)
{
    struct store *const store = store_of(state);
    CLEANUP_BUFFER struct buffer out = buffer_make(100);
    append_leaves(store, 1, 0, 2);
    append_leaves(store, 2, 0, 5);
    assert_ok(store_leaf_get(store, 1, 1, &out, NULL));
    assert_string_equal(buffer_text(&out), "leaf 1 of 1");
    assert_fails(store_leaf_get(store, 1, 2, &out, NULL), NOT_FOUND);
    assert_fails(store_leaf_get(store, 1, UINT64_MAX, &out, NULL), NOT_FOUND);
    assert_fails(store_leaf_get(store, 9, 0, &out, NULL), NOT_FOUND);
}

static void leaves_may_hold_any_byte_or_none_up_to_their_limit(void **state)
{
    struct store *const store = store_of(state);
    uint8_t bytes[LEAF_MAX + 1];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    const struct slice leaves[] = {slice_make(bytes, 0), slice_make(bytes, LEAF_MAX)};
    const struct slice too_long = slice_make(bytes, LEAF_MAX + 1);
    CLEANUP_BUFFER struct buffer out = buffer_make(LEAF_MAX);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_leaves_append(store, 1, 0, leaves, 2, NULL));
    assert_fails(store_leaves_append(store, 1, 2, &too_long, 1, NULL), TEXT_TOO_LONG);
    assert_ok(store_commit(store, NULL));
    assert_ok(store_leaf_get(store, 1, 0, &out, NULL));
    assert_int_equal(out.size, 0);
    assert_ok(store_leaf_get(store, 1, 1, &out, NULL));
    assert_true(slice_equal(buffer_slice(&out), leaves[1]));
}

static void leaves_are_appended_at_the_end_or_not_at_all(void **state)
{
    struct store *const store = store_of(state);
    const struct slice leaf = slice_of("x");
    append_leaves(store, 1, 0, 2);
    static const uint64_t wrong[] = {0, 1, 3, UINT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(store_begin(store, NULL));
        assert_fails(store_leaves_append(store, 1, wrong[i], &leaf, 1, NULL), STORE_CORRUPT);
        store_rollback(store);
    }
}

static void append_hashes(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count)
{
    struct hash hashes[600];
    assert_true(count <= 600);
    for (size_t i = 0; i < count; i++)
        hashes[i] = hash_number(ledger * 100000000 + level * 1000000 + first + i);
    assert_ok(store_hashes_append(store, ledger, level, first, hashes, count, NULL));
}

static void assert_hashes(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count)
{
    struct hash hashes[TILE_WIDTH];
    assert_ok(store_hashes_get(store, ledger, level, first, count, hashes, NULL));
    for (size_t i = 0; i < count; i++) {
        const struct hash expected = hash_number(ledger * 100000000 + level * 1000000 + first + i);
        assert_true(hash_equal(&hashes[i], &expected));
    }
}

static void hashes_come_back_whatever_the_runs_they_were_appended_in(void **state)
{
    struct store *const store = store_of(state);
    static const size_t runs[] = {1, 254, 1, 1, 255, 256, 600, 3, 512, 100};
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        assert_ok(store_begin(store, NULL));
        append_hashes(store, 1, 0, size, runs[i]);
        append_hashes(store, 2, 3, size, runs[i]);
        size += runs[i];
        assert_hashes(store, 1, 0, size - 1, 1);
        assert_ok(store_commit(store, NULL));
    }
    for (uint64_t first = 0; first < size; first += TILE_WIDTH) {
        const size_t count = size - first < TILE_WIDTH ? (size_t)(size - first) : TILE_WIDTH;
        assert_hashes(store, 1, 0, first, count);
        assert_hashes(store, 2, 3, first, count);
        assert_hashes(store, 1, 0, first + count / 2, count - count / 2);
    }
    struct hash hash[2];
    assert_fails(store_hashes_get(store, 1, 0, size, 1, hash, NULL), NOT_FOUND);
    assert_fails(store_hashes_get(store, 1, 0, size - 1, 2, hash, NULL), NOT_FOUND);
    assert_fails(store_hashes_get(store, 1, 1, 0, 1, hash, NULL), NOT_FOUND);
    assert_fails(store_hashes_get(store, 1, 3, 0, 1, hash, NULL), NOT_FOUND);
}

static void hashes_are_appended_at_the_end_or_not_at_all(void **state)
{
    struct store *const store = store_of(state);
    const struct hash hash = hash_number(1);
    static const uint64_t wrong[] = {0, 299, 301, 556};
    assert_ok(store_begin(store, NULL));
    append_hashes(store, 1, 0, 0, 300);
    assert_ok(store_commit(store, NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(store_begin(store, NULL));
        assert_fails(store_hashes_append(store, 1, 0, wrong[i], &hash, 1, NULL), STORE_CORRUPT);
        store_rollback(store);
    }
}

static void hashes_appended_after_a_rollback_replace_those_undone(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    append_hashes(store, 1, 0, 0, 200);
    assert_ok(store_commit(store, NULL));
    assert_ok(store_begin(store, NULL));
    struct hash undone[100] = {0};
    assert_ok(store_hashes_append(store, 1, 0, 200, undone, 100, NULL));
    store_rollback(store);
    assert_ok(store_begin(store, NULL));
    append_hashes(store, 1, 0, 200, 100);
    assert_ok(store_commit(store, NULL));
    assert_hashes(store, 1, 0, 0, 256);
    assert_hashes(store, 1, 0, 256, 44);
}

static void the_last_checkpoint_of_each_ledger_is_kept(void **state)
{
    struct store *const store = store_of(state);
    CLEANUP_BUFFER struct buffer out = buffer_make(100);
    assert_fails(store_checkpoint_get(store, 1, &out, NULL), NOT_FOUND);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_checkpoint_put(store, 1, slice_of("first\n"), NULL));
    assert_ok(store_checkpoint_put(store, 1, slice_of("second\n"), NULL));
    assert_ok(store_checkpoint_put(store, 2, slice_of("other\n"), NULL));
    assert_ok(store_commit(store, NULL));
    assert_ok(store_checkpoint_get(store, 1, &out, NULL));
    assert_string_equal(buffer_text(&out), "second\n");
}

static void put_shown(struct store *store, uint32_t ledger, uint64_t epoch, uint64_t size)
{
    struct shown shown = {.epoch = epoch, .seen = {.size = size, .root = hash_number(size), .signature = {1, 2, 3}}};
    (void)snprintf(shown.seen.origin, sizeof shown.seen.origin, "h/v/epoch-%u", (unsigned)epoch);
    assert_ok(store_shown_put(store, ledger, &shown, NULL));
}

static void assert_shown(struct store *store, uint32_t ledger, size_t count, const uint64_t *epochs,
                         const uint64_t *sizes)
{
    struct shown kept[SHOWN_MAX];
    size_t found;
    assert_ok(store_shown(store, ledger, kept, &found, NULL));
    assert_int_equal(found, count);
    for (size_t i = 0; i < count; i++) {
        const struct hash root = hash_number(sizes[i]);
        char origin[KEY_NAME_SIZE];
        (void)snprintf(origin, sizeof origin, "h/v/epoch-%u", (unsigned)epochs[i]);
        assert_int_equal(kept[i].epoch, epochs[i]);
        assert_string_equal(kept[i].seen.origin, origin);
        assert_int_equal(kept[i].seen.size, sizes[i]);
        assert_true(hash_equal(&kept[i].seen.root, &root));
        assert_memory_equal(kept[i].seen.signature, "\1\2\3", 4);
    }
}

static void the_largest_checkpoint_that_was_shown_of_each_epoch_is_kept(void **state)
{
    struct store *const store = store_of(state);
    assert_shown(store, 1, 0, NULL, NULL);
    assert_ok(store_begin(store, NULL));
    put_shown(store, 1, 9, 5);
    put_shown(store, 1, 2, 7);
    put_shown(store, 1, 9, 4);
    put_shown(store, 1, 2, 8);
    put_shown(store, 2, 3, 1);
    assert_ok(store_commit(store, NULL));
    assert_shown(store, 1, 2, (const uint64_t[]){2, 9}, (const uint64_t[]){8, 5});
    assert_shown(store, 2, 1, (const uint64_t[]){3}, (const uint64_t[]){1});
    assert_ok(store_begin(store, NULL));
    put_shown(store, 1, 9, 100);
    store_rollback(store);
    assert_shown(store, 1, 2, (const uint64_t[]){2, 9}, (const uint64_t[]){8, 5});
}

static void of_more_epochs_than_are_kept_the_highest_stay(void **state)
{
    struct store *const store = store_of(state);
    assert_ok(store_begin(store, NULL));
    for (uint64_t epoch = 10; epoch < 10 + SHOWN_MAX; epoch++)
        put_shown(store, 1, epoch, 1);
    put_shown(store, 1, 3, 1);
    put_shown(store, 1, 30, 2);
    assert_ok(store_commit(store, NULL));
    static const uint64_t epochs[SHOWN_MAX] = {11, 12, 13, 14, 15, 16, 17, 30};
    static const uint64_t sizes[SHOWN_MAX] = {1, 1, 1, 1, 1, 1, 1, 2};
    assert_shown(store, 1, SHOWN_MAX, epochs, sizes);
}

/* Appends a batch as the host does: leaves, and the hashes that they complete at each level. */
static void append_batch(struct store *store, struct frontier *frontier, size_t count)
{
    struct hash hashes[700];
    struct merkle_batch *batch;
    assert_true(count <= 700);
    for (size_t i = 0; i < count; i++)
        hashes[i] = hash_number(frontier->size + i);
    assert_ok(merkle_append(frontier, hashes, count, &batch));
    assert_ok(store_begin(store, NULL));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t first;
        const struct hash *completed;
        const size_t found = merkle_batch_tile_hashes(batch, level, &first, &completed);
        if (found > 0)
            assert_ok(store_hashes_append(store, 1, level, first, completed, found, NULL));
    }
    assert_ok(store_commit(store, NULL));
    merkle_batch_free(batch);
}

static void proofs_from_stored_tiles_lead_to_the_root_of_the_batches(void **state)
{
    struct store *const store = store_of(state);
    struct store_tiles context = {.store = store, .ledger = 1};
    const struct tile_source tiles = store_tile_source(&context);
    struct frontier frontier = {0};
    static const size_t batches[] = {1, 3, 252, 300, 700, 1, 64, 511};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        const struct hash root_before = frontier_root(&frontier);
        const uint64_t size_before = frontier.size;
        append_batch(store, &frontier, batches[i]);
        const struct hash root = frontier_root(&frontier);
        struct frontier loaded;
        assert_ok(frontier_load(&tiles, frontier.size, &loaded));
        const struct hash loaded_root = frontier_root(&loaded);
        assert_true(hash_equal(&loaded_root, &root));
        for (uint64_t index = 0; index < frontier.size; index += 37) {
            struct hash path[PROOF_PATH_MAX];
            size_t length;
            const struct hash leaf = hash_number(index);
            assert_ok(inclusion_prove(&tiles, index, frontier.size, path, &length));
            assert_ok(inclusion_verify(index, frontier.size, &leaf, path, length, &root));
        }
        struct hash path[CONSISTENCY_PATH_MAX];
        size_t length;
        if (size_before == 0)
            continue;
        assert_ok(consistency_prove(&tiles, size_before, frontier.size, path, &length));
        assert_ok(consistency_verify(size_before, frontier.size, path, length, &root_before, &root));
    }
}

/* ---- two threads ---- */

enum { SHARED_BATCHES = 100, SHARED_BATCH = 5 };

struct watch {
    struct store *store;
    const char *fault; /* NULL: none */
};

static void *read_while_written(void *argument)
{
    struct watch *const watch = argument;
    struct store *reader = NULL;
    uint64_t size = 0;
    if (!is_ok(store_open_reader(watch->store, &reader, NULL)))
        watch->fault = "a reader cannot be opened while another thread writes";
    while (watch->fault == NULL && size < (uint64_t)SHARED_BATCHES * SHARED_BATCH) {
        uint64_t now_size;
        CLEANUP_BUFFER struct buffer leaf = buffer_make(LEAF_MAX);
        if (!is_ok(store_ledger_size(reader, 1, &now_size, NULL)) || now_size < size || now_size % SHARED_BATCH != 0)
            watch->fault = "a batch was seen in part, or a ledger shrank";
        size = now_size;
        if (size > 0 && !is_ok(store_leaf_get(reader, 1, size - 1, &leaf, NULL)))
            watch->fault = "a leaf that was counted is not there";
    }
    store_close(reader);
    return NULL;
}

static void a_reader_in_another_thread_sees_whole_batches(void **state)
{
    struct store *const store = store_of(state);
    struct watch watch = {.store = store};
    pthread_t thread;
    const struct slice leaf = slice_of("leaf");
    const struct slice leaves[SHARED_BATCH] = {leaf, leaf, leaf, leaf, leaf};
    assert_int_equal(pthread_create(&thread, NULL, read_while_written, &watch), 0);
    for (uint64_t i = 0; i < SHARED_BATCHES; i++) {
        assert_ok(store_begin(store, NULL));
        assert_ok(store_leaves_append(store, 1, i * SHARED_BATCH, leaves, 2, NULL));
        assert_ok(store_leaves_append(store, 1, i * SHARED_BATCH + 2, leaves + 2, SHARED_BATCH - 2, NULL));
        assert_ok(store_commit(store, NULL));
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (watch.fault != NULL)
        fail_msg("%s", watch.fault);
}

static void ledgers_are_listed_in_the_order_in_which_they_were_made(void **state)
{
    struct store *const store = store_of(state);
    static const char *const origins[] = {"h/v", "h/a", "h/v/epoch-7"};
    char origin[KEY_NAME_SIZE] = "untouched";
    uint32_t ledger = 0;
    assert_fails(store_ledger_next(store, 0, &ledger, origin, NULL), NOT_FOUND);
    assert_string_equal(origin, "untouched");
    for (size_t i = 0; i < 3; i++) {
        assert_ok(store_begin(store, NULL));
        assert_ok(store_ledger_make(store, origins[i], &ledger, NULL));
        assert_ok(store_commit(store, NULL));
    }
    ledger = 0;
    for (size_t i = 0; i < 3; i++) {
        uint32_t same;
        assert_ok(store_ledger_next(store, ledger, &ledger, origin, NULL));
        assert_string_equal(origin, origins[i]);
        assert_ok(store_ledger_find(store, origin, &same, NULL));
        assert_int_equal(ledger, same);
    }
    assert_fails(store_ledger_next(store, ledger, &ledger, origin, NULL), NOT_FOUND);
}

static const struct conformance_test tests[] = {
    CONFORMANCE(ledgers_are_listed_in_the_order_in_which_they_were_made),
    CONFORMANCE(leaves_come_back_in_order_and_each_ledger_has_its_own),
    CONFORMANCE(one_leaf_can_be_read_and_none_behind_the_end),
    CONFORMANCE(leaves_may_hold_any_byte_or_none_up_to_their_limit),
    CONFORMANCE(leaves_are_appended_at_the_end_or_not_at_all),
    CONFORMANCE(hashes_come_back_whatever_the_runs_they_were_appended_in),
    CONFORMANCE(hashes_are_appended_at_the_end_or_not_at_all),
    CONFORMANCE(hashes_appended_after_a_rollback_replace_those_undone),
    CONFORMANCE(the_last_checkpoint_of_each_ledger_is_kept),
    CONFORMANCE(the_largest_checkpoint_that_was_shown_of_each_epoch_is_kept),
    CONFORMANCE(of_more_epochs_than_are_kept_the_highest_stay),
    CONFORMANCE(proofs_from_stored_tiles_lead_to_the_root_of_the_batches),
    CONFORMANCE(a_reader_in_another_thread_sees_whole_batches),
};

int main(void)
{
    return conformance_run(tests, sizeof tests / sizeof *tests);
}
