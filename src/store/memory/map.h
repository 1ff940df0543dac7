/*
 * An ordered map from short byte strings to byte strings: a treap.
 *
 * Always: keys ascend by memcmp, a shorter key before those it begins. An entry that says `removed` stands for the
 * absence of its key in the map below (memory.h). Not thread-safe.
 */
#ifndef STORE_MEMORY_MAP_H
#define STORE_MEMORY_MAP_H

#include "base/bytes.h"

enum { MAP_KEY_MAX = 32 };

struct map_key {
    uint8_t bytes[MAP_KEY_MAX];
    size_t size;
};

/* The first part of a key; the functions below add more. Numbers are stored so that they sort as numbers. */
struct map_key map_key_make(uint8_t table);
void map_key_add_number(struct map_key *key, uint64_t number);
void map_key_add_bytes(struct map_key *key, const void *bytes, size_t size);
uint64_t map_key_number(const struct map_key *key, size_t at);

struct map_entry {
    struct map_key key;
    bool removed;
    struct map_entry *left;
    struct map_entry *right;
    uint64_t priority;
    size_t size;
    uint8_t value[];
};

struct map {
    struct map_entry *root;
    uint64_t made; /* entries ever made, from which priorities are drawn */
};

int map_key_compare(const struct map_key *a, const struct map_key *b);
/* Puts or replaces; NO_MEMORY. */
RESULT map_put(struct map *map, const struct map_key *key, struct slice value, bool removed);
/* All borrowed until the next change; NULL where there is none. */
const struct map_entry *map_find(const struct map *map, const struct map_key *key);
const struct map_entry *map_next(const struct map *map, const struct map_key *key);     /* the first > key */
const struct map_entry *map_previous(const struct map *map, const struct map_key *key); /* the last < key */
/* Moves every entry of `from` into `to`, replacing, and removing what is marked so. Cannot fail. */
void map_move(struct map *from, struct map *to);
void map_clear(struct map *map);

#endif
