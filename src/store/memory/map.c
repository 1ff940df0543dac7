/* An ordered map; see map.h. Depth is logarithmic in expectation, whatever the order of keys. */
#include "map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct map_key map_key_make(uint8_t table)
{
    struct map_key key = {.size = 1};
    key.bytes[0] = table;
    return key;
}

void map_key_add_number(struct map_key *key, uint64_t number)
{
    assert(key->size + sizeof number <= MAP_KEY_MAX);
    for (unsigned shift = 64; shift > 0; shift -= 8)
        key->bytes[key->size++] = (uint8_t)(number >> (shift - 8));
}

void map_key_add_bytes(struct map_key *key, const void *bytes, size_t size)
{
    assert(key->size + size <= MAP_KEY_MAX);
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

uint64_t map_key_number(const struct map_key *key, size_t at)
{
    uint64_t number = 0;
    assert(at + sizeof number <= key->size);
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | key->bytes[at + i];
    return number;
}

int map_key_compare(const struct map_key *a, const struct map_key *b)
{
    const int order = memcmp(a->bytes, b->bytes, a->size < b->size ? a->size : b->size);
    if (order != 0)
        return order;
    return (a->size > b->size) - (a->size < b->size);
}

/* SplitMix64: scatters a counter. */
static uint64_t scatter(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

/* Takes a tree apart into what is below and above the key, which it does not hold. */
static void split(struct map_entry *tree, const struct map_key *key, struct map_entry **below, struct map_entry **above)
{
    while (tree != NULL) {
        if (map_key_compare(&tree->key, key) < 0) {
            *below = tree;
            below = &tree->right;
            tree = tree->right;
        } else {
            *above = tree;
            above = &tree->left;
            tree = tree->left;
        }
    }
    *below = NULL;
    *above = NULL;
}

/* Joins two trees of which all keys of one are below those of the other. */
static struct map_entry *join(struct map_entry *below, struct map_entry *above)
{
    struct map_entry *root = NULL;
    struct map_entry **at = &root;
    while (below != NULL && above != NULL) {
        if (below->priority >= above->priority) {
            *at = below;
            at = &below->right;
            below = below->right;
        } else {
            *at = above;
            at = &above->left;
            above = above->left;
        }
    }
    *at = below != NULL ? below : above;
    return root;
}

static void take_out(struct map *map, const struct map_key *key)
{
    struct map_entry **at = &map->root;
    while (*at != NULL) {
        struct map_entry *const entry = *at;
        const int order = map_key_compare(key, &entry->key);
        if (order == 0) {
            *at = join(entry->left, entry->right);
            free(entry);
            return;
        }
        at = order < 0 ? &entry->left : &entry->right;
    }
}

static void put_in(struct map *map, struct map_entry *entry)
{
    take_out(map, &entry->key);
    struct map_entry **at = &map->root;
    while (*at != NULL && (*at)->priority >= entry->priority)
        at = map_key_compare(&entry->key, &(*at)->key) < 0 ? &(*at)->left : &(*at)->right;
    split(*at, &entry->key, &entry->left, &entry->right);
    *at = entry;
}

RESULT map_put(struct map *map, const struct map_key *key, struct slice value, bool removed)
{
    struct map_entry *const entry = malloc(sizeof *entry + value.size);
    ENSURE(entry != NULL, NO_MEMORY);
    *entry = (struct map_entry){.key = *key, .removed = removed, .priority = scatter(map->made++), .size = value.size};
    if (value.size > 0)
        memcpy(entry->value, value.data, value.size);
    put_in(map, entry);
    return RESULT_OK;
}

const struct map_entry *map_find(const struct map *map, const struct map_key *key)
{
    const struct map_entry *entry = map->root;
    while (entry != NULL) {
        const int order = map_key_compare(key, &entry->key);
        if (order == 0)
            return entry;
        entry = order < 0 ? entry->left : entry->right;
    }
    return NULL;
}

const struct map_entry *map_next(const struct map *map, const struct map_key *key)
{
    const struct map_entry *found = NULL;
    for (const struct map_entry *entry = map->root; entry != NULL;) {
        if (map_key_compare(&entry->key, key) > 0) {
            found = entry;
            entry = entry->left;
        } else {
            entry = entry->right;
        }
    }
    return found;
}

const struct map_entry *map_previous(const struct map *map, const struct map_key *key)
{
    const struct map_entry *found = NULL;
    for (const struct map_entry *entry = map->root; entry != NULL;) {
        if (map_key_compare(&entry->key, key) < 0) {
            found = entry;
            entry = entry->right;
        } else {
            entry = entry->left;
        }
    }
    return found;
}

/* Unhooks the entries one by one, the root first. */
static struct map_entry *take_root(struct map *map)
{
    struct map_entry *const entry = map->root;
    if (entry != NULL)
        map->root = join(entry->left, entry->right);
    return entry;
}

void map_move(struct map *from, struct map *to)
{
    struct map_entry *entry;
    while ((entry = take_root(from)) != NULL) {
        if (entry->removed) {
            take_out(to, &entry->key);
            free(entry);
        } else {
            put_in(to, entry);
        }
    }
}

void map_clear(struct map *map)
{
    struct map_entry *entry;
    while ((entry = take_root(map)) != NULL)
        free(entry);
}
