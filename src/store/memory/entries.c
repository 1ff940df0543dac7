/* Both maps seen as one, and changes to the upper one; see memory.h. */
#include "memory.h"

#include <string.h>

const struct map_entry *mem_find(const struct mem_store *mem, const struct map_key *key)
{
    const struct map_entry *entry = map_find(&mem->pending, key);
    if (entry == NULL)
        entry = map_find(&mem->shared->committed, key);
    return entry == NULL || entry->removed ? NULL : entry;
}

typedef const struct map_entry *map_step(const struct map *map, const struct map_key *key);

/* The neighbour of a key in both maps; `direction` is 1 upwards, -1 downwards. */
static const struct map_entry *step(const struct mem_store *mem, const struct map_key *key, map_step *neighbour,
                                    int direction)
{
    for (;;) {
        const struct map_entry *entry = neighbour(&mem->pending, key);
        const struct map_entry *const below = neighbour(&mem->shared->committed, key);
        if (entry == NULL || (below != NULL && direction * map_key_compare(&below->key, &entry->key) < 0))
            entry = below;
        if (entry == NULL || !entry->removed)
            return entry;
        key = &entry->key;
    }
}

const struct map_entry *mem_next(const struct mem_store *mem, const struct map_key *key)
{
    return step(mem, key, map_next, 1);
}

const struct map_entry *mem_previous(const struct mem_store *mem, const struct map_key *key)
{
    return step(mem, key, map_previous, -1);
}

RESULT mem_put(struct mem_store *mem, const struct map_key *key, const void *value, size_t size)
{
    return map_put(&mem->pending, key, slice_make(value, size), false);
}

RESULT mem_remove(struct mem_store *mem, const struct map_key *key)
{
    return map_put(&mem->pending, key, slice_make(NULL, 0), true);
}

bool mem_in_table(const struct map_entry *entry, enum table table)
{
    return entry != NULL && entry->key.bytes[0] == table;
}

bool mem_in_group(const struct map_entry *entry, enum table table, uint64_t number)
{
    return mem_in_table(entry, table) && map_key_number(&entry->key, TABLE_END) == number;
}
