/* A ledger put into a store as it is; see grown_ledger.h. */
#include "grown_ledger.h"

#include "store/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct slice grown_leaf(uint64_t index)
{
    static char text[LEAF_MAX];
    memset(text, 'x', sizeof text);
    const int length = snprintf(text, sizeof text, "leaf %d ", (int)index);
    const size_t size = index % 5 == 0 ? sizeof text : (size_t)length + index % 700;
    return slice_make(text, size);
}

void grown_ledger_make(struct grown_ledger *ledger, struct store *store, const char *origin)
{
    *ledger = (struct grown_ledger){.store = store};
    assert_true(is_ok(store_begin(store, NULL)));
    assert_true(is_ok(store_ledger_make(store, origin, &ledger->number, NULL)));
    assert_true(is_ok(store_commit(store, NULL)));
}

static void append_one(struct grown_ledger *ledger)
{
    const uint64_t index = ledger->frontier.size;
    const struct slice leaf = grown_leaf(index);
    const struct hash hash = merkle_leaf(leaf);
    struct merkle_batch *batch = NULL;
    assert_true(is_ok(merkle_append(&ledger->frontier, &hash, 1, &batch)));
    assert_true(is_ok(store_leaves_append(ledger->store, ledger->number, index, &leaf, 1, NULL)));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t first;
        const struct hash *hashes;
        const size_t count = merkle_batch_tile_hashes(batch, level, &first, &hashes);
        if (count == 0)
            break;
        assert_true(is_ok(store_hashes_append(ledger->store, ledger->number, level, first, hashes, count, NULL)));
    }
    merkle_batch_free(batch);
}

void grown_ledger_append(struct grown_ledger *ledger, uint64_t count)
{
    assert_true(is_ok(store_begin(ledger->store, NULL)));
    for (uint64_t i = 0; i < count; i++)
        append_one(ledger);
    assert_true(is_ok(store_commit(ledger->store, NULL)));
}
