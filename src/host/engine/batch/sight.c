/* What a machine has seen of this host; see sight.h. */
#include "batch/sight.h"
#include "ledgers.h"
#include "state.h"

#include "store/ledger.h"

#include <string.h>

/* A tree of the store. */
static RESULT root_at(struct engine *engine, const struct tile_source *tiles, uint32_t ledger, uint64_t size,
                      struct hash *ret_root)
{
    const struct hash *const known = roots_recall(&engine->roots, ledger, size);
    if (known != NULL) {
        *ret_root = *known;
        return RESULT_OK;
    }
    struct frontier frontier = {0};
    if (size > 0)
        TRY(frontier_load(tiles, size, &frontier));
    *ret_root = frontier_root(&frontier);
    roots_remember(&engine->roots, ledger, size, *ret_root);
    return RESULT_OK;
}

/* Whether the ledger under way has, or grew out of, the tree that was seen. */
static RESULT has_now(struct engine *engine, struct ledger *ledger, const struct seen *seen, bool *ret_has)
{
    *ret_has = false;
    if (seen->size > ledger->frontier.size)
        return RESULT_OK;
    struct hash root = frontier_root(&ledger->frontier);
    if (seen->size < ledger->frontier.size) {
        struct store_tiles context;
        struct tile_source tiles;
        TRY(ledger_tiles(engine, ledger, &context, &tiles));
        TRY(root_at(engine, &tiles, ledger->number, seen->size, &root));
    }
    *ret_has = hash_equal(&root, &seen->root);
    return RESULT_OK;
}

/* The same of one that ended, as far as the store still has it. */
static RESULT had_once(struct engine *engine, const struct seen *seen, bool *ret_has)
{
    struct store *const store = engine->options.store;
    uint32_t ledger;
    uint64_t size;
    struct hash root;
    *ret_has = false;
    const struct result found = store_ledger_find(store, seen->origin, &ledger, &engine->reason);
    if (result_code(found) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(found);
    TRY(store_ledger_size(store, ledger, &size, &engine->reason));
    if (seen->size > size)
        return RESULT_OK;
    struct store_tiles context = {store, ledger, &engine->reason};
    const struct tile_source tiles = store_tile_source(&context);
    TRY(root_at(engine, &tiles, ledger, seen->size, &root));
    *ret_has = hash_equal(&root, &seen->root);
    return RESULT_OK;
}

RESULT sight_judge(struct engine *engine, const struct catalog_vendor *vendor, const struct seen *seen,
                   uint64_t *ret_epoch, enum sight *ret_sight)
{
    const struct authority_vendor *const of = vendor->vendor;
    uint64_t epoch;
    bool known = false;
    TRY(origin_epoch(seen->origin, of->host_key.name, &epoch));
    if (epoch == of->epoch)
        TRY(has_now(engine, vendor->ledger, seen, &known));
    else if (epoch < of->epoch)
        TRY(had_once(engine, seen, &known));
    *ret_epoch = epoch;
    if (known)
        *ret_sight = SIGHT_KNOWN;
    else if (!is_ok(seen_verify(seen, &of->host_key)))
        *ret_sight = SIGHT_FALSE;
    else
        *ret_sight = epoch < of->epoch ? SIGHT_TESTIMONY : SIGHT_RESTORED;
    return RESULT_OK;
}
