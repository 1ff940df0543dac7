/* The store in memory: leaves, hashes and checkpoints; see memory.h. */
#include "memory.h"

#include "archived.h"

#include <string.h>

static struct map_key leaf_key(uint32_t ledger, uint64_t index)
{
    struct map_key key = map_key_make(TABLE_LEAF);
    map_key_add_number(&key, ledger);
    map_key_add_number(&key, index);
    return key;
}

static struct map_key hash_key(uint32_t ledger, unsigned level, uint64_t index)
{
    struct map_key key = map_key_make(TABLE_HASH);
    map_key_add_number(&key, (uint64_t)ledger << 8 | level);
    map_key_add_number(&key, index);
    return key;
}

static struct map_key checkpoint_key(uint32_t ledger)
{
    struct map_key key = map_key_make(TABLE_CHECKPOINT);
    map_key_add_number(&key, ledger);
    return key;
}

/* How many entries stand densely from 0 before the end of a group. */
static uint64_t group_size(const struct mem_store *mem, const struct map_key *end, enum table table)
{
    const struct map_entry *const last = mem_previous(mem, end);
    if (!mem_in_group(last, table, map_key_number(end, TABLE_END)))
        return 0;
    return map_key_number(&last->key, NUMBER_END) + 1;
}

RESULT mem_ledger_size(struct store *store, uint32_t ledger, uint64_t *ret_size)
{
    const struct map_key end = leaf_key(ledger, UINT64_MAX);
    *ret_size = group_size(mem_of(store), &end, TABLE_LEAF);
    return RESULT_OK;
}

RESULT mem_leaves_append(struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves, size_t count)
{
    uint64_t size;
    TRY(mem_ledger_size(store, ledger, &size));
    ENSURE(first == size, STORE_CORRUPT);
    for (size_t i = 0; i < count; i++) {
        const struct map_key key = leaf_key(ledger, first + i);
        TRY(mem_put(mem_of(store), &key, leaves[i].data, leaves[i].size));
    }
    return RESULT_OK;
}

static struct map_key archive_key(uint32_t ledger)
{
    struct map_key key = map_key_make(TABLE_ARCHIVE);
    map_key_add_number(&key, ledger);
    return key;
}

RESULT mem_archived(struct store *store, uint32_t ledger, struct archived *ret_archived)
{
    const struct map_key key = archive_key(ledger);
    const struct map_entry *const entry = mem_find(mem_of(store), &key);
    *ret_archived = (struct archived){.bundles = 0};
    if (entry != NULL)
        memcpy(ret_archived, entry->value, sizeof *ret_archived);
    return RESULT_OK;
}

RESULT mem_archive(struct store *store, uint32_t ledger, const struct archived *archived)
{
    struct mem_store *const mem = mem_of(store);
    const struct map_key place = archive_key(ledger);
    struct archived before;
    TRY(mem_archived(store, ledger, &before));
    for (uint64_t i = before.bundles * TILE_WIDTH; i < archived->bundles * TILE_WIDTH; i++) {
        const struct map_key key = leaf_key(ledger, i);
        TRY(mem_remove(mem, &key));
    }
    return mem_put(mem, &place, archived, sizeof *archived);
}

RESULT mem_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                  bool (*each)(void *context, uint64_t index, struct slice leaf), void *context)
{
    struct archived archived;
    bool stopped = false;
    TRY(mem_archived(store, ledger, &archived));
    while (count > 0 && first < archived.bundles * TILE_WIDTH) {
        const uint64_t room = TILE_WIDTH - first % TILE_WIDTH;
        const uint64_t taken = count < room ? count : room;
        TRY(archived_leaves(store, ledger, first, first + taken, each, context, &stopped));
        if (stopped)
            return RESULT_OK;
        first += taken;
        count -= taken;
    }
    for (uint64_t i = 0; i < count; i++) {
        const struct map_key key = leaf_key(ledger, first + i);
        const struct map_entry *const entry = mem_find(mem_of(store), &key);
        if (entry == NULL || !each(context, first + i, slice_make(entry->value, entry->size)))
            break;
    }
    return RESULT_OK;
}

RESULT mem_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                         const struct hash *hashes, size_t count)
{
    const struct map_key end = hash_key(ledger, level, UINT64_MAX);
    ENSURE(first == group_size(mem_of(store), &end, TABLE_HASH), STORE_CORRUPT);
    for (size_t i = 0; i < count; i++) {
        const struct map_key key = hash_key(ledger, level, first + i);
        TRY(mem_put(mem_of(store), &key, &hashes[i], sizeof hashes[i]));
    }
    return RESULT_OK;
}

RESULT mem_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                      struct hash *ret_hashes)
{
    const struct mem_store *const mem = mem_of(store);
    const struct map_key end = hash_key(ledger, level, UINT64_MAX);
    const uint64_t size = group_size(mem, &end, TABLE_HASH);
    ENSURE(first <= size && count <= size - first, NOT_FOUND);
    for (size_t i = 0; i < count; i++) {
        const struct map_key key = hash_key(ledger, level, first + i);
        memcpy(&ret_hashes[i], mem_find(mem, &key)->value, sizeof ret_hashes[i]);
    }
    return RESULT_OK;
}

RESULT mem_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out)
{
    const struct map_key key = checkpoint_key(ledger);
    const struct map_entry *const entry = mem_find(mem_of(store), &key);
    ENSURE(entry != NULL, NOT_FOUND);
    buffer_append(out, entry->value, entry->size);
    return buffer_status(out);
}

RESULT mem_checkpoint_put(struct store *store, uint32_t ledger, struct slice note)
{
    const struct map_key key = checkpoint_key(ledger);
    return mem_put(mem_of(store), &key, note.data, note.size);
}

static struct map_key shown_key(uint32_t ledger, uint64_t epoch)
{
    struct map_key key = map_key_make(TABLE_SHOWN);
    map_key_add_number(&key, ledger);
    map_key_add_number(&key, epoch);
    return key;
}

RESULT mem_shown(struct store *store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count)
{
    struct map_key key = shown_key(ledger, 0);
    const struct map_entry *entry;
    size_t count = 0;
    while (count < SHOWN_MAX && mem_in_group(entry = mem_next(mem_of(store), &key), TABLE_SHOWN, ledger)) {
        key = entry->key;
        ret_shown[count].epoch = map_key_number(&key, NUMBER_END);
        memcpy(&ret_shown[count++].seen, entry->value, sizeof ret_shown->seen);
    }
    *ret_count = count;
    return RESULT_OK;
}

RESULT mem_shown_put(struct store *store, uint32_t ledger, const struct shown *shown)
{
    const struct map_key key = shown_key(ledger, shown->epoch);
    return mem_put(mem_of(store), &key, &shown->seen, sizeof shown->seen);
}

RESULT mem_shown_drop(struct store *store, uint32_t ledger, uint64_t epoch)
{
    const struct map_key key = shown_key(ledger, epoch);
    return mem_remove(mem_of(store), &key);
}
