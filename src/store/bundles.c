/* Bundles of leaves that lie elsewhere, and what the store knows of them; see store/ledger.h. */
#include "backend.h"

#include "core/tlog/bundle.h"

RESULT store_bundle_check(struct store *store, uint32_t ledger, uint64_t bundle, struct slice bytes,
                          struct reason *reason)
{
    struct slice leaves[TILE_WIDTH];
    struct hash hashes[TILE_WIDTH];
    ENSURE(is_ok(bundle_read(bytes, leaves)), STORE_CORRUPT);
    TRY(store_hashes_get(store, ledger, 0, bundle * TILE_WIDTH, TILE_WIDTH, hashes, reason));
    for (size_t i = 0; i < TILE_WIDTH; i++) {
        const struct hash hash = merkle_leaf(leaves[i]);
        ENSURE(hash_equal(&hash, &hashes[i]), STORE_CORRUPT);
    }
    return RESULT_OK;
}

static RESULT find_origin(struct store *store, uint32_t ledger, char ret_origin[static KEY_NAME_SIZE],
                          struct reason *reason)
{
    uint32_t found = 0;
    TRY(store_ledger_next(store, ledger - 1, &found, ret_origin, reason));
    ENSURE(found == ledger, STORE_CORRUPT);
    return RESULT_OK;
}

RESULT store_archive_look(struct store *store, uint32_t ledger, uint64_t first, uint64_t *ret_missing,
                          struct reason *reason)
{
    const struct leaf_archive *const archive = &store->archive;
    struct archived archived;
    char origin[KEY_NAME_SIZE];
    uint64_t missing = 0;
    TRY(store_archived(store, ledger, &archived, reason));
    if (first < archived.bundles)
        TRY(find_origin(store, ledger, origin, reason));
    for (uint64_t bundle = first; bundle < archived.bundles; bundle++) {
        struct reason name = {.text = ""};
        if (archive->look != NULL && archive->look(archive->context, archived.folder, origin, bundle, &name))
            continue;
        if (missing++ == 0 && reason != NULL)
            *reason = name;
    }
    *ret_missing = missing;
    return RESULT_OK;
}
