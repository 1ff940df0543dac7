/*
 * What the tables do not have yet: rows of machines by license and id, and changes to how many machines have a moment.
 *
 * Always: adding after a reserve of enough room cannot fail, so that a commit that is on disk also comes to memory.
 * Ids are chosen by strangers; so they are scattered with a key that strangers do not know. Not thread-safe.
 */
#ifndef STORE_SQLITE_JOURNAL_OVERLAY_H
#define STORE_SQLITE_JOURNAL_OVERLAY_H

#include "figures.h"
#include "store/store.h"

/* ---- rows ---- */

struct overlay_row {
    uint32_t license;
    uint8_t size;
    uint8_t room; /* of bytes; a row that grows beyond it is written anew */
    struct machine_id machine;
    uint8_t bytes[]; /* as encoding.h writes them */
};

struct row_map {
    uint64_t *slots; /* 32 bits of scatter, 32 bits of place; 0: free */
    size_t capacity; /* power of two, or 0 */
    size_t count;
    uint8_t **blocks;
    size_t block_count;
    size_t block; /* the one that is being filled */
    size_t used;  /* of it */
};

/* NULL where it is not there. Borrowed until the next change. */
const struct overlay_row *rows_find(const struct row_map *map, uint32_t license, const struct machine_id *machine);
/* Makes room for that many rows more. NO_MEMORY. */
RESULT rows_reserve(struct row_map *map, size_t count);
void rows_put(struct row_map *map, uint32_t license, const struct machine_id *machine, struct slice bytes);
/* Every row once: *at begins with 0; NULL at the end. */
const struct overlay_row *rows_next(const struct row_map *map, size_t *at);
/* For lists of rows: where it is, and what is there. */
uint32_t rows_place(const struct row_map *map, size_t slot);
const struct overlay_row *rows_at(const struct row_map *map, uint32_t place);
/* Forgets everything and keeps some of the memory. */
void rows_clear(struct row_map *map);
void rows_free(struct row_map *map);

/* ---- moments ---- */

/* license << 41 | kind << 40 | second. */
enum { MOMENT_KIND_SHIFT = 40, MOMENT_LICENSE_SHIFT = 41 };
#define MOMENT_SECONDS_END  (INT64_C(1) << MOMENT_KIND_SHIFT)
#define MOMENT_LICENSES_END (UINT32_C(1) << 22)
static inline uint64_t moment_key(uint32_t license, enum moment_kind kind, seconds second)
{
    return (uint64_t)license << MOMENT_LICENSE_SHIFT | (uint64_t)kind << MOMENT_KIND_SHIFT | (uint64_t)second;
}

struct tally {
    uint64_t key; /* of a moment; 0: free */
    int64_t change;
};

struct tally_map {
    struct tally *slots;
    size_t capacity; /* power of two, or 0 */
    size_t count;
};

RESULT tallies_reserve(struct tally_map *map, size_t count);
void tallies_add(struct tally_map *map, uint64_t key, int64_t change);
/* Of the moments first <= key <= last. */
int64_t tallies_sum(const struct tally_map *map, uint64_t first, uint64_t last);
void tallies_clear(struct tally_map *map);
void tallies_free(struct tally_map *map);

/* ---- both ---- */

struct generation {
    struct row_map rows;
    struct tally_map tallies;
    uint64_t records; /* of the journal that it is made of */
};

enum { TALLIES_OF_A_PUT = 4 };

/* Room for `records` puts more. */
RESULT generation_reserve(struct generation *generation, size_t records);
/* Adds to the moments that the machine has other times now; the reserve above is enough for it. */
void generation_tally(struct tally_map *tallies, uint32_t license, const struct machine_times *before,
                      const struct machine_times *after);
void generation_free(struct generation *generation);

/* Something to be brought into order. */
struct ordered {
    uint64_t key;
    int64_t value;
};
/* Sorts ascending by key, in time that grows with the count alone. `spare` has the same size. */
void order(struct ordered *items, struct ordered *spare, size_t count);

#endif
