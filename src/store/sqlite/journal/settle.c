/*
 * Brings what the journal holds to the tables, and empties the journal; see sqlite.h.
 *
 * A generation is frozen: what comes later goes to the next one. Its rows are written in about the order of the table,
 * so that machines that lie on one page meet there; writing a row twice does no harm. Then its moments are applied,
 * each once: how far that has come is in the database, in the same transaction. Then its part of the journal is void,
 * and is removed: as a whole table, since what comes after the freezing goes to the other one.
 *
 * Always: what a transaction settles is taken back with it (`next` is what `committed` becomes by its COMMIT). A host
 * that is never idle settles within its commits: from half of the limit on a generation is frozen, and is settled by
 * the time the next one has grown as large, in proportion to what each commit puts.
 */
#include "sqlite/journal/settle.h"

#include "encoding.h"
#include "sqlite/journal/journal.h"
#include "sqlite/tables/machines.h"
#include "sqlite/tables/moments.h"

#include <assert.h>
#include <stdlib.h>

enum {
    JOURNAL_ROW_WORK = 2, /* removing a row of the journal costs about as much as writing so many machines */
    JOURNAL_ROWS_AT_ONCE = 64,
};

/* ---- lists of what is to be done ---- */

static void lists_free(struct settling *settling)
{
    free(settling->rows);
    free(settling->moments);
    settling->rows = NULL;
    settling->moments = NULL;
    settling->row_count = 0;
    settling->moment_count = 0;
}

void settle_free(struct sqlite_store *store)
{
    lists_free(&store->settling);
}

/* About the order of the table; what is equal here lies close together there. */
static uint64_t row_key(const struct overlay_row *row)
{
    const uint8_t *const id = row->machine.bytes;
    uint64_t key = row->license;
    for (size_t i = 0; i < 5; i++)
        key = key << 8 | id[i];
    return key;
}

static size_t list_rows(const struct row_map *map, struct ordered *rows)
{
    size_t count = 0;
    for (size_t slot = 0; slot < map->capacity; slot++) {
        const uint32_t place = rows_place(map, slot);
        if (place != 0)
            rows[count++] = (struct ordered){row_key(rows_at(map, place)), place};
    }
    return count;
}

/* Those behind `after`. */
static size_t list_moments(const struct tally_map *map, uint64_t after, struct ordered *moments)
{
    size_t count = 0;
    for (size_t slot = 0; slot < map->capacity; slot++)
        if (map->slots[slot].change != 0 && map->slots[slot].key > after)
            moments[count++] = (struct ordered){map->slots[slot].key, map->slots[slot].change};
    return count;
}

/* Both lists of a generation, in order. */
static RESULT lists_make(struct settling *settling, const struct generation *generation, uint64_t after)
{
    const size_t rows = generation->rows.count;
    const size_t moments = generation->tallies.count;
    struct ordered *const spare = calloc((rows > moments ? rows : moments) + 1, sizeof *spare);
    lists_free(settling);
    settling->rows = calloc(rows + 1, sizeof *settling->rows);
    settling->moments = calloc(moments + 1, sizeof *settling->moments);
    if (spare == NULL || settling->rows == NULL || settling->moments == NULL) {
        free(spare);
        lists_free(settling);
        return FAIL(NO_MEMORY);
    }
    settling->row_count = list_rows(&generation->rows, settling->rows);
    settling->moment_count = list_moments(&generation->tallies, after, settling->moments);
    order(settling->rows, spare, settling->row_count);
    order(settling->moments, spare, settling->moment_count);
    free(spare);
    settling->work = settling->row_count + settling->moment_count;
    return RESULT_OK;
}

/* ---- generations ---- */

RESULT settle_begun(struct sqlite_store *store)
{
    struct settling *const settling = &store->settling;
    const struct overlay *const overlay = store->overlay;
    if (settling->loads != overlay->loads) {
        const bool begun = overlay->settled.until > overlay->settled.emptied;
        lists_free(settling);
        if (begun)
            TRY(lists_make(settling, &overlay->frozen, overlay->settled.moment));
        settling->until = overlay->settled.until;
        settling->committed =
            (struct settle_progress){.stage = begun ? SETTLE_MOMENTS : SETTLE_JOURNAL, .settled = overlay->settled};
        settling->loads = overlay->loads;
    }
    settling->next = settling->committed;
    return RESULT_OK;
}

/* With the overlay locked. Nothing of it is in the database: it need not be undone by a rollback. */
static RESULT freeze(struct sqlite_store *store)
{
    struct settling *const settling = &store->settling;
    struct overlay *const overlay = store->overlay;
    if (settling->committed.stage != SETTLE_NOTHING || overlay->current.records == 0)
        return RESULT_OK;
    TRY(lists_make(settling, &overlay->current, 0));
    assert(overlay->frozen.records == 0);
    generation_free(&overlay->frozen);
    overlay->frozen = overlay->current;
    overlay->current = (struct generation){0};
    settling->until = overlay->last;
    const unsigned other = 1 - overlay->table;
    if (overlay->lasts[other] <= overlay->settled.emptied)
        overlay->table = other;
    settling->committed.stage = SETTLE_ROWS;
    settling->committed.at = 0;
    settling->next = settling->committed;
    return RESULT_OK;
}

void settle_committed(struct sqlite_store *store)
{
    struct settling *const settling = &store->settling;
    struct overlay *const overlay = store->overlay;
    const struct settled *const settled = &settling->next.settled;
    if (settling->committed.stage == SETTLE_ROWS && settling->next.stage != SETTLE_ROWS)
        rows_free(&overlay->frozen.rows);
    if (settling->committed.settled.emptied != settled->emptied) {
        generation_free(&overlay->frozen);
        lists_free(settling);
    }
    overlay->settled.emptied = settled->emptied;
    overlay->settled.until = settled->until;
    overlay->settled.moment = settled->moment;
    settling->committed = settling->next;
}

/* ---- steps ---- */

static RESULT write_rows(struct sqlite_store *store, size_t most, size_t *ret_done)
{
    struct settling *const settling = &store->settling;
    struct settle_progress *const next = &settling->next;
    size_t done = 0;
    for (; done < most && next->at < settling->row_count; done++, next->at++) {
        const struct overlay_row *const row =
            rows_at(&store->overlay->frozen.rows, (uint32_t)settling->rows[next->at].value);
        struct machine_row machine;
        TRY(row_read(slice_make(row->bytes, row->size), &machine));
        TRY(machine_write(store, row->license, &row->machine, &machine));
    }
    if (next->at == settling->row_count) {
        next->stage = SETTLE_MOMENTS;
        next->at = 0;
    }
    *ret_done = done;
    return RESULT_OK;
}

/* Applies moments, by whole rows of their table. */
static RESULT apply_moments(struct sqlite_store *store, size_t most, size_t *ret_done)
{
    struct settling *const settling = &store->settling;
    struct settle_progress *const next = &settling->next;
    size_t done = 0;
    while (done < most && next->at < settling->moment_count) {
        const struct ordered *const first = &settling->moments[next->at];
        size_t count = 1;
        while (next->at + count < settling->moment_count && moment_place(first[count].key) == moment_place(first->key))
            count++;
        TRY(moments_apply(store, first, count));
        next->at += count;
        done += count;
        next->settled.until = settling->until;
        next->settled.moment = first[count - 1].key;
    }
    if (next->at == settling->moment_count) {
        next->settled.emptied = settling->until;
        next->settled.until = settling->until;
        next->settled.moment = 0;
        next->stage = SETTLE_JOURNAL;
        next->at = 0;
    }
    *ret_done = done;
    return RESULT_OK;
}

/* Removes what is settled of one table of the journal; *ret_done is 0 where there is no such thing. Mostly that is all
 * of it, and the table is emptied without looking at its rows. */
static RESULT remove_settled(struct sqlite_store *store, unsigned table, size_t *ret_done)
{
    const int64_t emptied = store->settling.next.settled.emptied;
    bool row;
    CLEANUP_QUERY struct query ends = query_make(store, journal_statement(table, JOURNAL_ENDS));
    TRY(query_step(&ends, &row));
    ENSURE(row, STORE_CORRUPT);
    const int64_t first = column_number(&ends, 0);
    const int64_t last = column_number(&ends, 1);
    query_end(&ends);
    *ret_done = 0;
    if (first == 0 || first > emptied)
        return RESULT_OK;
    if (last <= emptied) {
        *ret_done = 1;
        CLEANUP_QUERY struct query clear = query_make(store, journal_statement(table, JOURNAL_CLEAR));
        return query_run(&clear, NULL);
    }
    /* After a restart a generation may have begun in the table that went on being filled. */
    const int64_t until = first + JOURNAL_ROWS_AT_ONCE - 1 < emptied ? first + JOURNAL_ROWS_AT_ONCE - 1 : emptied;
    *ret_done = (size_t)(until - first + 1) * JOURNAL_ROW_WORK;
    CLEANUP_QUERY struct query remove = query_make(store, journal_statement(table, JOURNAL_REMOVE));
    query_number(&remove, until);
    return query_run(&remove, NULL);
}

static RESULT remove_journal(struct sqlite_store *store, size_t *ret_done)
{
    for (unsigned table = 0; table < JOURNALS; table++) {
        TRY(remove_settled(store, table, ret_done));
        if (*ret_done > 0)
            return RESULT_OK;
    }
    store->settling.next.stage = SETTLE_NOTHING;
    *ret_done = 1;
    return RESULT_OK;
}

static RESULT save(struct sqlite_store *store)
{
    const struct settled *const then = &store->settling.committed.settled;
    const struct settled *const now = &store->settling.next.settled;
    if (then->emptied == now->emptied && then->until == now->until && then->moment == now->moment)
        return RESULT_OK;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_SETTLING_PUT);
    query_number(&query, now->emptied);
    query_number(&query, now->until);
    query_number(&query, (int64_t)now->moment);
    return query_run(&query, NULL);
}

/* About as much work as writing `most` machines. */
static RESULT step(struct sqlite_store *store, size_t most)
{
    const struct settle_progress *const next = &store->settling.next;
    size_t left = most;
    while (left > 0 && next->stage != SETTLE_NOTHING) {
        size_t done = 0;
        switch (next->stage) {
        case SETTLE_ROWS:
            TRY(write_rows(store, left, &done));
            break;
        case SETTLE_MOMENTS:
            TRY(apply_moments(store, left, &done));
            break;
        default:
            TRY(remove_journal(store, &done));
            break;
        }
        left -= done < left ? done : left;
    }
    return save(store);
}

/* What a commit that puts that many machines has to settle; see above. */
static size_t work_due(const struct sqlite_store *store)
{
    const size_t quarter = store->journal_limit / 4 + 1;
    const struct generation *const current = &store->overlay->current;
    if (current->records + store->pending.records < quarter)
        return 0;
    return store->pending.records * ((store->settling.work + quarter - 1) / quarter + 1);
}

RESULT settle_due(struct sqlite_store *store)
{
    if (store->pending.records == 0)
        return RESULT_OK;
    overlay_lock(store);
    struct result result = RESULT_OK;
    if (store->overlay->current.records >= store->journal_limit / 2)
        result = freeze(store);
    const size_t due = work_due(store);
    overlay_unlock(store);
    return is_ok(result) && due > 0 ? step(store, due) : result;
}

RESULT settle_some(struct sqlite_store *store, size_t most)
{
    overlay_lock(store);
    const struct result result = freeze(store);
    overlay_unlock(store);
    TRY(result);
    return step(store, most);
}
