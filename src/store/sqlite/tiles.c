/*
 * Tiles in SQLite: rows of up to 256 hashes; see sqlite.h.
 *
 * The tile at the end of each level is kept in memory while it fills, so that appending writes and never reads.
 */
#include "sqlite/sqlite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int64_t tile_place(uint32_t ledger, unsigned level, uint64_t tile)
{
    assert(ledger < LEDGERS_MAX);
    return (int64_t)(((uint64_t)ledger << LEVEL_BITS | level) << PLACE_BITS | tile);
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

/* Reads how many hashes a level has, and those of its last tile where it is not full. */
static RESULT read_level(struct sqlite_store *store, uint32_t ledger, unsigned level, struct level_end *end)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_TILE_LAST);
    query_number(&query, tile_place(ledger, level, 0));
    query_number(&query, tile_place(ledger, level, 0) + (int64_t)PLACE_END);
    TRY(query_step(&query, &row));
    end->size = 0;
    if (row) {
        const uint8_t *hashes;
        size_t count;
        TRY(column_hashes(&query, 1, &hashes, &count));
        memcpy(end->tile, hashes, count * sizeof *end->tile);
        end->size = (uint64_t)(column_number(&query, 0) - tile_place(ledger, level, 0)) * TILE_WIDTH + count;
    }
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

RESULT sqlite_hashes_append(struct store *common, uint32_t ledger, unsigned level, uint64_t first,
                            const struct hash *hashes, size_t count)
{
    struct sqlite_store *const store = sqlite_of(common);
    struct level_end *end;
    TRY(level_end_of(store, ledger, level, &end));
    ENSURE(first == end->size, STORE_CORRUPT);
    while (count > 0) {
        const size_t width = (size_t)(end->size % TILE_WIDTH);
        const size_t taken = count < TILE_WIDTH - width ? count : TILE_WIDTH - width;
        memcpy(&end->tile[width], hashes, taken * sizeof *hashes);
        CLEANUP_QUERY struct query query = query_make(store, STATEMENT_TILE_PUT);
        query_number(&query, tile_place(ledger, level, end->size / TILE_WIDTH));
        query_bytes(&query, end->tile, (width + taken) * sizeof *hashes);
        TRY(query_run(&query, NULL));
        end->size += taken;
        hashes += taken;
        count -= taken;
    }
    return RESULT_OK;
}

RESULT sqlite_hashes_get(struct store *common, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                         struct hash *ret_hashes)
{
    bool row;
    const uint8_t *hashes;
    size_t width;
    ENSURE(ledger < LEDGERS_MAX && first / TILE_WIDTH < PLACE_END, NOT_FOUND);
    CLEANUP_QUERY struct query query = query_make(sqlite_of(common), STATEMENT_TILE_GET);
    query_number(&query, tile_place(ledger, level, first / TILE_WIDTH));
    TRY(query_step(&query, &row));
    ENSURE(row, NOT_FOUND);
    TRY(column_hashes(&query, 0, &hashes, &width));
    const size_t from = (size_t)(first % TILE_WIDTH);
    ENSURE(from + count <= width, NOT_FOUND);
    memcpy(ret_hashes, hashes + from * HASH_SIZE, count * HASH_SIZE);
    return RESULT_OK;
}
