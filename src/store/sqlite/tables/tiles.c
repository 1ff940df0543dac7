/*
 * Tiles in SQLite: rows of 256 hashes, and those of a tile that is not full yet in the runs they came in; see sqlite.h.
 *
 * So a batch writes what it adds and not the tile again. The tile at the end of each level is kept in memory while it
 * fills, so that appending writes and never reads.
 *
 * Always: a full tile is one row, and has no runs.
 */
#include "sqlite/tables/tiles.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Of tile number `at`, or of the run that begins at hash `at`. */
static int64_t place_of(uint32_t ledger, unsigned level, uint64_t at)
{
    assert(ledger < LEDGERS_MAX);
    return (int64_t)(((uint64_t)ledger << LEVEL_BITS | level) << PLACE_BITS | at);
}

/* The hashes of the present row; STORE_CORRUPT where they are not 1 to 256 whole ones. */
static RESULT column_hashes(const struct query *query, int column, const uint8_t **ret_hashes, size_t *ret_count)
{
    const struct slice slice = column_slice(query, column);
    const size_t count = slice.size / HASH_SIZE;
    ENSURE(slice.size % HASH_SIZE == 0 && count >= 1 && count <= TILE_WIDTH, STORE_CORRUPT);
    *ret_hashes = slice.data;
    *ret_count = count;
    return RESULT_OK;
}

RESULT ledger_end_of(struct sqlite_store *store, uint32_t ledger, struct ledger_end **ret_end)
{
    struct ledger_end *end = store->ledgers;
    while (end != NULL && end->ledger != ledger)
        end = end->next;
    if (end == NULL) {
        ENSURE(ledger < LEDGERS_MAX, STORE_FAILED);
        end = calloc(1, sizeof *end);
        ENSURE(end != NULL, NO_MEMORY);
        end->ledger = ledger;
        end->next = store->ledgers;
        store->ledgers = end;
    }
    *ret_end = end;
    return RESULT_OK;
}

void ledgers_forget(struct sqlite_store *store)
{
    while (store->ledgers != NULL) {
        struct ledger_end *const end = store->ledgers;
        store->ledgers = end->next;
        for (size_t i = 0; i < TILE_LEVELS; i++)
            free(end->levels[i]);
        free(end);
    }
}

static RESULT count_tiles(struct sqlite_store *store, uint32_t ledger, unsigned level, uint64_t *ret_count)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_TILE_LAST);
    query_number(&query, place_of(ledger, level, 0));
    query_number(&query, place_of(ledger, level, 0) + (int64_t)PLACE_END);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    *ret_count = 0;
    if (!column_is_nothing(&query, 0))
        *ret_count = (uint64_t)(column_number(&query, 0) - place_of(ledger, level, 0)) + 1;
    return RESULT_OK;
}

/* Reads how many hashes a level has, and those of its last tile where it is not full. */
static RESULT read_level(struct sqlite_store *store, uint32_t ledger, unsigned level, struct level_end *end)
{
    uint64_t size;
    TRY(count_tiles(store, ledger, level, &size));
    size *= TILE_WIDTH;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_TAIL_LIST);
    query_number(&query, place_of(ledger, level, size));
    query_number(&query, place_of(ledger, level, 0) + (int64_t)PLACE_END);
    for (;;) {
        bool row;
        const uint8_t *hashes;
        size_t count;
        TRY(query_step(&query, &row));
        if (!row)
            break;
        TRY(column_hashes(&query, 1, &hashes, &count));
        ENSURE(column_number(&query, 0) == place_of(ledger, level, size) && size % TILE_WIDTH + count < TILE_WIDTH,
               STORE_CORRUPT);
        memcpy(&end->tile[size % TILE_WIDTH], hashes, count * sizeof *end->tile);
        size += count;
    }
    end->size = size;
    end->known = true;
    return RESULT_OK;
}

static RESULT level_end_of(struct sqlite_store *store, uint32_t ledger, unsigned level, struct level_end **ret_end)
{
    struct ledger_end *end;
    TRY(ledger_end_of(store, ledger, &end));
    struct level_end **const at = &end->levels[level];
    if (*at == NULL)
        *at = calloc(1, sizeof **at);
    ENSURE(*at != NULL, NO_MEMORY);
    if (!(*at)->known)
        TRY(read_level(store, ledger, level, *at));
    *ret_end = *at;
    return RESULT_OK;
}

/* The tile in memory has become full: it takes the place of its runs. */
static RESULT put_tile(struct sqlite_store *store, uint32_t ledger, unsigned level, const struct level_end *end)
{
    const uint64_t first = end->size / TILE_WIDTH * TILE_WIDTH;
    CLEANUP_QUERY struct query put = query_make(store, STATEMENT_TILE_PUT);
    query_number(&put, place_of(ledger, level, first / TILE_WIDTH));
    query_bytes(&put, end->tile, sizeof end->tile);
    TRY(query_run(&put, NULL));
    if (end->size == first)
        return RESULT_OK;
    CLEANUP_QUERY struct query remove = query_make(store, STATEMENT_TAIL_REMOVE);
    query_number(&remove, place_of(ledger, level, first));
    query_number(&remove, place_of(ledger, level, first + TILE_WIDTH));
    return query_run(&remove, NULL);
}

static RESULT add_run(struct sqlite_store *store, uint32_t ledger, unsigned level, uint64_t first,
                      const struct hash *hashes, size_t count)
{
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_TAIL_ADD);
    query_number(&query, place_of(ledger, level, first));
    query_bytes(&query, hashes, count * sizeof *hashes);
    return query_run(&query, NULL);
}

RESULT sqlite_hashes_append(struct store *common, uint32_t ledger, unsigned level, uint64_t first,
                            const struct hash *hashes, size_t count)
{
    struct sqlite_store *const store = sqlite_of(common);
    struct level_end *end;
    TRY(level_end_of(store, ledger, level, &end));
    ENSURE(first == end->size, STORE_CORRUPT);
    ENSURE(count < PLACE_END - first, STORE_FAILED);
    while (count > 0) {
        const size_t width = (size_t)(end->size % TILE_WIDTH);
        const size_t taken = count < TILE_WIDTH - width ? count : TILE_WIDTH - width;
        memcpy(&end->tile[width], hashes, taken * sizeof *hashes);
        if (width + taken == TILE_WIDTH)
            TRY(put_tile(store, ledger, level, end));
        else
            TRY(add_run(store, ledger, level, end->size, hashes, taken));
        end->size += taken;
        hashes += taken;
        count -= taken;
    }
    return RESULT_OK;
}

RESULT sqlite_hashes_get(struct store *common, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                         struct hash *ret_hashes)
{
    ENSURE(ledger < LEDGERS_MAX && first < PLACE_END, NOT_FOUND);
    const uint64_t tile = first / TILE_WIDTH;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(common), STATEMENT_TILE_GET);
    query_number(&query, place_of(ledger, level, tile));
    query_number(&query, place_of(ledger, level, tile * TILE_WIDTH));
    query_number(&query, place_of(ledger, level, tile * TILE_WIDTH + TILE_WIDTH));
    struct hash hashes[TILE_WIDTH];
    size_t width = 0;
    while (width < (size_t)(first % TILE_WIDTH) + count) {
        bool row;
        const uint8_t *run;
        size_t length;
        TRY(query_step(&query, &row));
        ENSURE(row, NOT_FOUND);
        TRY(column_hashes(&query, 1, &run, &length));
        ENSURE(column_number(&query, 0) == place_of(ledger, level, tile * TILE_WIDTH + width) &&
                   length <= TILE_WIDTH - width,
               STORE_CORRUPT);
        memcpy(&hashes[width], run, length * sizeof *hashes);
        width += length;
    }
    memcpy(ret_hashes, &hashes[first % TILE_WIDTH], count * sizeof *hashes);
    return RESULT_OK;
}
