/* The store in memory: seats that came back before their leases ended; see memory.h. */
#include "memory.h"

#include <string.h>

static struct map_key return_key(uint32_t license, enum return_way way, seconds time)
{
    struct map_key key = map_key_make(TABLE_RETURN);
    map_key_add_number(&key, license);
    map_key_add_number(&key, way);
    map_key_add_number(&key, time < 0 ? 0 : (uint64_t)time);
    return key;
}

static uint64_t seats_of(const struct map_entry *entry)
{
    uint64_t seats = 0;
    if (entry != NULL)
        memcpy(&seats, entry->value, sizeof seats);
    return seats;
}

static RESULT drop_old(struct mem_store *mem, uint32_t license, enum return_way way, seconds until)
{
    struct map_key key = return_key(license, way, 0);
    const struct map_key end = return_key(license, way, until);
    const struct map_entry *entry;
    while (until > 0 && (entry = mem_next(mem, &key)) != NULL && map_key_compare(&entry->key, &end) <= 0) {
        key = entry->key;
        TRY(mem_remove(mem, &key));
    }
    return RESULT_OK;
}

RESULT mem_return_add(struct store *store, uint32_t license, enum return_way way, seconds time)
{
    struct mem_store *const mem = mem_of(store);
    const struct map_key key = return_key(license, way, time);
    const uint64_t seats = seats_of(mem_find(mem, &key)) + 1;
    TRY(mem_put(mem, &key, &seats, sizeof seats));
    return drop_old(mem, license, way, time - RETURNS_KEPT);
}

RESULT mem_returns(struct store *store, uint32_t license, enum return_way way, seconds after, uint64_t *ret_count)
{
    const struct mem_store *const mem = mem_of(store);
    struct map_key key = return_key(license, way, after);
    const struct map_key end = return_key(license, way, TIME_MAX);
    const struct map_entry *entry;
    uint64_t count = 0;
    while ((entry = mem_next(mem, &key)) != NULL && map_key_compare(&entry->key, &end) <= 0) {
        count += seats_of(entry);
        key = entry->key;
    }
    *ret_count = count;
    return RESULT_OK;
}
