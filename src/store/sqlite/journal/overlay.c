/* Rows and moments that the tables do not have yet; see overlay.h. */
#include "overlay.h"

#include "encoding.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 1 << 20,
    UNIT = 8, /* places count units; those of a block are a power of two */
    UNITS_OF_BLOCK = BLOCK_SIZE / UNIT,
    ROW_HEAD = offsetof(struct overlay_row, bytes),
    ROW_SIZE_MAX = (ROW_HEAD + ROW_BYTES_MAX + UNIT - 1) / UNIT * UNIT,
    SLOTS_LEAST = 256,
    SLOTS_KEPT = 65536, /* by a clear */
    RADIX_BITS = 8,
    RADIX = 1 << RADIX_BITS,
};

/* ---- rows ---- */

static uint8_t scatter_key[crypto_shorthash_KEYBYTES];
static pthread_once_t scatter_once = PTHREAD_ONCE_INIT;

static void make_scatter_key(void)
{
    randombytes_buf(scatter_key, sizeof scatter_key);
}

static uint64_t scatter(uint32_t license, const struct machine_id *machine)
{
    uint8_t bytes[sizeof license + MACHINE_ID_SIZE];
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t scattered;
    memcpy(bytes, &license, sizeof license);
    memcpy(bytes + sizeof license, machine->bytes, MACHINE_ID_SIZE);
    crypto_shorthash(hash, bytes, sizeof bytes, scatter_key);
    memcpy(&scattered, hash, sizeof scattered);
    return scattered;
}

const struct overlay_row *rows_at(const struct row_map *map, uint32_t place)
{
    return (const void *)(map->blocks[place / UNITS_OF_BLOCK] + (size_t)(place % UNITS_OF_BLOCK) * UNIT);
}

static struct overlay_row *row_at(struct row_map *map, uint32_t place)
{
    return (void *)(map->blocks[place / UNITS_OF_BLOCK] + (size_t)(place % UNITS_OF_BLOCK) * UNIT);
}

uint32_t rows_place(const struct row_map *map, size_t slot)
{
    return (uint32_t)map->slots[slot];
}

/* The slot of that row, or the free one where it belongs. There is always a free one. */
static size_t find_slot(const struct row_map *map, uint64_t scattered, uint32_t license,
                        const struct machine_id *machine)
{
    size_t slot = (size_t)scattered & (map->capacity - 1);
    for (; map->slots[slot] != 0; slot = (slot + 1) & (map->capacity - 1)) {
        if (map->slots[slot] >> 32 != scattered >> 32)
            continue;
        const struct overlay_row *const row = rows_at(map, (uint32_t)map->slots[slot]);
        if (row->license == license && memcmp(&row->machine, machine, sizeof *machine) == 0)
            break;
    }
    return slot;
}

const struct overlay_row *rows_find(const struct row_map *map, uint32_t license, const struct machine_id *machine)
{
    if (map->count == 0)
        return NULL;
    const size_t slot = find_slot(map, scatter(license, machine), license, machine);
    return map->slots[slot] == 0 ? NULL : rows_at(map, rows_place(map, slot));
}

/* Slots for `count` rows, two thirds full at most. */
static RESULT reserve_slots(struct row_map *map, size_t count)
{
    size_t capacity = map->capacity == 0 ? SLOTS_LEAST : map->capacity;
    while (count > capacity / 3 * 2)
        capacity *= 2;
    if (capacity == map->capacity)
        return RESULT_OK;
    uint64_t *const slots = calloc(capacity, sizeof *slots);
    ENSURE(slots != NULL, NO_MEMORY);
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i] == 0)
            continue;
        const struct overlay_row *const row = rows_at(map, (uint32_t)map->slots[i]);
        size_t slot = (size_t)scatter(row->license, &row->machine) & (capacity - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (capacity - 1);
        slots[slot] = map->slots[i];
    }
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return RESULT_OK;
}

/* The first unit of the first block is never a row's, so that no place is 0. */
static RESULT reserve_blocks(struct row_map *map, size_t count)
{
    const size_t left = map->block_count == 0 ? 0 : (BLOCK_SIZE - map->used) / ROW_SIZE_MAX;
    const size_t spare = map->block_count == 0 ? 0 : (map->block_count - map->block - 1) * (BLOCK_SIZE / ROW_SIZE_MAX);
    if (count <= left + spare)
        return RESULT_OK;
    const size_t more = (count - left - spare) / (BLOCK_SIZE / ROW_SIZE_MAX) + 1;
    ENSURE(map->block_count + more <= UINT32_MAX / UNITS_OF_BLOCK, NO_MEMORY);
    uint8_t **const blocks = reallocarray(map->blocks, map->block_count + more, sizeof(uint8_t *));
    ENSURE(blocks != NULL, NO_MEMORY);
    map->blocks = blocks;
    for (size_t i = 0; i < more; i++) {
        blocks[map->block_count] = malloc(BLOCK_SIZE);
        ENSURE(blocks[map->block_count] != NULL, NO_MEMORY);
        if (map->block_count++ == 0)
            map->used = UNIT;
    }
    return RESULT_OK;
}

RESULT rows_reserve(struct row_map *map, size_t count)
{
    pthread_once(&scatter_once, make_scatter_key);
    TRY(reserve_slots(map, map->count + count));
    return reserve_blocks(map, count);
}

static uint32_t take_place(struct row_map *map, size_t size)
{
    if (BLOCK_SIZE - map->used < size) {
        map->block++;
        map->used = 0;
    }
    assert(map->block < map->block_count);
    const size_t place = map->block * UNITS_OF_BLOCK + map->used / UNIT;
    map->used += size;
    return (uint32_t)place;
}

void rows_put(struct row_map *map, uint32_t license, const struct machine_id *machine, struct slice bytes)
{
    const uint64_t scattered = scatter(license, machine);
    const size_t slot = find_slot(map, scattered, license, machine);
    struct overlay_row *row = map->slots[slot] == 0 ? NULL : row_at(map, rows_place(map, slot));
    if (row == NULL || row->room < bytes.size) {
        const size_t size = (ROW_HEAD + bytes.size + UNIT - 1) / UNIT * UNIT;
        map->count += row == NULL;
        const uint32_t place = take_place(map, size);
        map->slots[slot] = scattered >> 32 << 32 | place;
        row = row_at(map, place);
        row->license = license;
        row->machine = *machine;
        row->room = (uint8_t)(size - ROW_HEAD);
    }
    row->size = (uint8_t)bytes.size;
    memcpy(row->bytes, bytes.data, bytes.size);
}

const struct overlay_row *rows_next(const struct row_map *map, size_t *at)
{
    while (*at < map->capacity) {
        const size_t slot = (*at)++;
        if (map->slots[slot] != 0)
            return rows_at(map, rows_place(map, slot));
    }
    return NULL;
}

void rows_clear(struct row_map *map)
{
    if (map->capacity > SLOTS_KEPT || map->block_count > 1) {
        rows_free(map);
        return;
    }
    if (map->capacity > 0)
        memset(map->slots, 0, map->capacity * sizeof *map->slots);
    map->count = 0;
    map->block = 0;
    map->used = UNIT;
}

void rows_free(struct row_map *map)
{
    for (size_t i = 0; i < map->block_count; i++)
        free(map->blocks[i]);
    free(map->blocks);
    free(map->slots);
    *map = (struct row_map){0};
}

/* ---- moments ---- */

static size_t tally_slot(const struct tally *slots, size_t capacity, uint64_t key)
{
    size_t slot = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (capacity - 1);
    while (slots[slot].key != 0 && slots[slot].key != key)
        slot = (slot + 1) & (capacity - 1);
    return slot;
}

RESULT tallies_reserve(struct tally_map *map, size_t count)
{
    size_t capacity = map->capacity == 0 ? SLOTS_LEAST : map->capacity;
    while (map->count + count > capacity / 3 * 2)
        capacity *= 2;
    if (capacity == map->capacity)
        return RESULT_OK;
    struct tally *const slots = calloc(capacity, sizeof *slots);
    ENSURE(slots != NULL, NO_MEMORY);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key != 0)
            slots[tally_slot(slots, capacity, map->slots[i].key)] = map->slots[i];
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return RESULT_OK;
}

void tallies_add(struct tally_map *map, uint64_t key, int64_t change)
{
    struct tally *const tally = &map->slots[tally_slot(map->slots, map->capacity, key)];
    map->count += tally->key == 0;
    tally->key = key;
    tally->change += change;
}

int64_t tallies_sum(const struct tally_map *map, uint64_t first, uint64_t last)
{
    int64_t sum = 0;
    if (map->count == 0 || first > last)
        return 0;
    if (last - first < map->capacity) {
        for (uint64_t key = first; key <= last; key++) {
            const struct tally *const tally = &map->slots[tally_slot(map->slots, map->capacity, key)];
            sum += tally->key == key ? tally->change : 0;
        }
        return sum;
    }
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key >= first && map->slots[i].key <= last)
            sum += map->slots[i].change;
    return sum;
}

void tallies_clear(struct tally_map *map)
{
    if (map->capacity > SLOTS_KEPT) {
        tallies_free(map);
        return;
    }
    if (map->count > 0)
        memset(map->slots, 0, map->capacity * sizeof *map->slots);
    map->count = 0;
}

void tallies_free(struct tally_map *map)
{
    free(map->slots);
    *map = (struct tally_map){0};
}

/* ---- both ---- */

RESULT generation_reserve(struct generation *generation, size_t records)
{
    TRY(rows_reserve(&generation->rows, records));
    return tallies_reserve(&generation->tallies, TALLIES_OF_A_PUT * records);
}

void generation_tally(struct tally_map *tallies, uint32_t license, const struct machine_times *before,
                      const struct machine_times *after)
{
    if (before->last_request != after->last_request) {
        if (before->last_request > 0)
            tallies_add(tallies, moment_key(license, MOMENT_LAST_REQUEST, before->last_request), -1);
        if (after->last_request > 0)
            tallies_add(tallies, moment_key(license, MOMENT_LAST_REQUEST, after->last_request), 1);
    }
    if (before->expires != after->expires) {
        if (before->expires > 0)
            tallies_add(tallies, moment_key(license, MOMENT_EXPIRES, before->expires), -1);
        if (after->expires > 0)
            tallies_add(tallies, moment_key(license, MOMENT_EXPIRES, after->expires), 1);
    }
}

void generation_free(struct generation *generation)
{
    rows_free(&generation->rows);
    tallies_free(&generation->tallies);
    generation->records = 0;
}

/* Moves by one digit of the key; false where all have the same, and nothing was moved. */
static bool order_digit(const struct ordered *items, struct ordered *to, size_t count, unsigned shift)
{
    size_t starts[RADIX] = {0};
    for (size_t i = 0; i < count; i++)
        starts[items[i].key >> shift & (RADIX - 1)]++;
    if (starts[items[0].key >> shift & (RADIX - 1)] == count)
        return false;
    size_t start = 0;
    for (size_t i = 0; i < RADIX; i++) {
        const size_t found = starts[i];
        starts[i] = start;
        start += found;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[items[i].key >> shift & (RADIX - 1)]++] = items[i];
    return true;
}

void order(struct ordered *items, struct ordered *spare, size_t count)
{
    struct ordered *from = items;
    struct ordered *to = spare;
    for (unsigned shift = 0; shift < 64 && count > 1; shift += RADIX_BITS) {
        if (!order_digit(from, to, count, shift))
            continue;
        struct ordered *const other = from;
        from = to;
        to = other;
    }
    if (from != items)
        memcpy(items, from, count * sizeof *items);
}
