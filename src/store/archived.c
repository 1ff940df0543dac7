/* Leaves that lie elsewhere; see archived.h. Called by an implementation, and so asks it and not dispatch.c. */
#include "archived.h"

#include "base/sentences.h"
#include "core/tlog/bundle.h"

/* A bundle as it was read, and what is kept of it. */
struct bundle {
    struct buffer bytes;
    struct slice leaves[TILE_WIDTH];
    struct hash hashes[TILE_WIDTH];
};

static RESULT load(struct store *store, uint32_t ledger, uint64_t number, struct bundle *bundle,
                   char origin[static KEY_NAME_SIZE], struct archived *archived)
{
    uint32_t found = 0;
    ENSURE(store->archive.read != NULL, ARCHIVE_MISSING);
    TRY(store->ops->archived(store, ledger, archived));
    ENSURE(number < archived->bundles, STORE_CORRUPT);
    TRY(store->ops->ledger_next(store, ledger - 1, &found, origin));
    ENSURE(found == ledger, STORE_CORRUPT);
    TRY(store->archive.read(store->archive.context, archived->folder, origin, number, &bundle->bytes, store->reason));
    TRY(store->ops->hashes_get(store, ledger, 0, number * TILE_WIDTH, TILE_WIDTH, bundle->hashes));
    return RESULT_OK;
}

/* Says which file it is. */
static RESULT damaged(struct store *store, const char *origin, const struct archived *archived, uint64_t number)
{
    struct reason name = {.text = ""};
    (void)store->archive.look(store->archive.context, archived->folder, origin, number, &name);
    return reason_say(store->reason, FAIL(ARCHIVE_DAMAGED), "%s", name.text);
}

RESULT archived_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t end,
                       bool (*each)(void *context, uint64_t index, struct slice leaf), void *context, bool *ret_stopped)
{
    struct bundle bundle = {.bytes = buffer_make(BUNDLE_MAX)};
    struct archived archived;
    char origin[KEY_NAME_SIZE];
    const uint64_t number = first / TILE_WIDTH;
    struct result result = load(store, ledger, number, &bundle, origin, &archived);
    if (is_ok(result) && !is_ok(bundle_read(buffer_slice(&bundle.bytes), bundle.leaves)))
        result = damaged(store, origin, &archived, number);
    for (uint64_t index = first; is_ok(result) && !*ret_stopped && index < end; index++) {
        const struct slice leaf = bundle.leaves[index % TILE_WIDTH];
        const struct hash hash = merkle_leaf(leaf);
        if (hash_equal(&hash, &bundle.hashes[index % TILE_WIDTH]))
            *ret_stopped = !each(context, index, leaf);
        else
            result = damaged(store, origin, &archived, number);
    }
    buffer_free(&bundle.bytes);
    return result;
}
