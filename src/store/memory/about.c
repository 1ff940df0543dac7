/* The store in memory: what machines tell of themselves; see memory.h. */
#include "memory.h"

#include <string.h>

/* As much of the hash as the key has room for. */
enum { PRODUCT_BYTES = MAP_KEY_MAX - TABLE_END - MACHINE_ID_SIZE };

static struct map_key about_key(const struct machine_id *machine, const char *product)
{
    const struct hash hash = hash_of(slice_of(product));
    struct map_key key = map_key_make(TABLE_ABOUT);
    map_key_add_bytes(&key, machine, sizeof *machine);
    map_key_add_bytes(&key, hash.bytes, PRODUCT_BYTES);
    return key;
}

RESULT mem_about_get(struct store *store, const struct machine_id *machine, const char *product,
                     struct about_row *ret_row)
{
    const struct map_key key = about_key(machine, product);
    const struct map_entry *const entry = mem_find(mem_of(store), &key);
    ENSURE(entry != NULL, NOT_FOUND);
    memcpy(ret_row, entry->value, sizeof *ret_row);
    return RESULT_OK;
}

RESULT mem_about_put(struct store *store, const struct machine_id *machine, const char *product,
                     const struct about_row *row)
{
    const struct map_key key = about_key(machine, product);
    struct about_row before;
    const struct result found = mem_about_get(store, machine, product, &before);
    if (is_ok(found) && before.number >= row->number)
        return RESULT_OK;
    return mem_put(mem_of(store), &key, row, sizeof *row);
}

static RESULT has_ended(struct store *store, const struct map_entry *entry, seconds now, bool *ret_ended)
{
    struct about_row row;
    struct machine_id machine;
    bool blocked;
    memcpy(&row, entry->value, sizeof row);
    memcpy(&machine, entry->key.bytes + TABLE_END, sizeof machine);
    TRY(mem_blocked(store, &machine, &blocked));
    *ret_ended = row.until <= now && !blocked;
    return RESULT_OK;
}

RESULT mem_about_expire(struct store *store, seconds now, size_t most, size_t *ret_count)
{
    struct mem_store *const mem = mem_of(store);
    struct map_key key = map_key_make(TABLE_ABOUT);
    const struct map_entry *entry;
    size_t count = 0;
    while (count < most && mem_in_table(entry = mem_next(mem, &key), TABLE_ABOUT)) {
        bool ended;
        key = entry->key;
        TRY(has_ended(store, entry, now, &ended));
        if (!ended)
            continue;
        TRY(mem_remove(mem, &key));
        count++;
    }
    *ret_count = count;
    return RESULT_OK;
}

RESULT mem_about_clear(struct store *store)
{
    struct mem_store *const mem = mem_of(store);
    struct map_key key = map_key_make(TABLE_ABOUT);
    const struct map_entry *entry;
    while (mem_in_table(entry = mem_next(mem, &key), TABLE_ABOUT)) {
        key = entry->key;
        TRY(mem_remove(mem, &key));
    }
    return RESULT_OK;
}
