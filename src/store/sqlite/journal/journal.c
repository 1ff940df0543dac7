/* The journal, and the overlay that is made of it; see sqlite.h. */
#include "sqlite/journal/journal.h"

#include "encoding.h"
#include "sqlite/look.h"

#include <stdlib.h>
#include <string.h>

RESULT overlay_new(struct overlay **ret_overlay)
{
    struct overlay *const overlay = calloc(1, sizeof *overlay);
    pthread_mutexattr_t attributes;
    if (overlay == NULL || pthread_mutexattr_init(&attributes) != 0) {
        free(overlay);
        return FAIL(NO_MEMORY);
    }
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&overlay->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    *ret_overlay = overlay;
    return RESULT_OK;
}

void overlay_free(struct overlay *overlay)
{
    if (overlay == NULL)
        return;
    generation_free(&overlay->current);
    generation_free(&overlay->frozen);
    free(overlay->blocked.machines);
    pthread_mutex_destroy(&overlay->lock);
    free(overlay);
}

void overlay_lock(struct sqlite_store *store)
{
    pthread_mutex_lock(&store->overlay->lock);
}

void overlay_unlock(struct sqlite_store *store)
{
    pthread_mutex_unlock(&store->overlay->lock);
}

const struct overlay_row *overlay_find(const struct overlay *overlay, uint32_t license,
                                       const struct machine_id *machine)
{
    const struct overlay_row *const row = rows_find(&overlay->current.rows, license, machine);
    return row != NULL ? row : rows_find(&overlay->frozen.rows, license, machine);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct machine_id));
}

bool blocked_has(const struct blocked_set *set, const struct machine_id *machine)
{
    return set->count > 0 && bsearch(machine, set->machines, set->count, sizeof *machine, compare_ids) != NULL;
}

/* ---- reading ---- */

RESULT blocked_read(struct sqlite_store *store, struct blocked_set *ret_set)
{
    CLEANUP_BUFFER struct buffer ids = buffer_make(SIZE_MAX);
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_BLOCK_ALL);
    for (;;) {
        bool row;
        struct machine_id machine;
        TRY(query_step(&query, &row));
        if (!row)
            break;
        TRY(column_exactly(&query, 0, &machine, sizeof machine));
        buffer_append(&ids, &machine, sizeof machine);
    }
    TRY(buffer_status(&ids));
    ret_set->count = ids.size / sizeof *ret_set->machines;
    ret_set->machines = (void *)buffer_take(&ids, NULL);
    return RESULT_OK;
}

/* Also the newest row of each table of the journal. */
static RESULT read_settled(struct sqlite_store *store, struct settled *ret_settled, int64_t ret_lasts[static JOURNALS])
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_SETTLING_GET);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    ret_settled->emptied = column_number(&query, 0);
    ret_settled->until = column_number(&query, 1);
    TRY(column_unsigned(&query, 2, &ret_settled->moment));
    ret_settled->blocks = column_number(&query, 3);
    for (int table = 0; table < JOURNALS; table++)
        ret_lasts[table] = column_number(&query, 4 + table);
    ENSURE(ret_settled->emptied >= 0 && ret_settled->until >= ret_settled->emptied, STORE_CORRUPT);
    return RESULT_OK;
}

/* Takes one row of the journal in. What is in the tables already, or is being brought there, is not kept as rows. */
static RESULT take_records(struct generation *generation, struct slice records, bool with_rows)
{
    while (records.size > 0) {
        struct journal_record record;
        struct machine_times after;
        TRY(record_read(&records, &record));
        TRY(row_times(record.row, &after));
        ENSURE(record.license < MOMENT_LICENSES_END && record.before.last_request < MOMENT_SECONDS_END &&
                   record.before.expires < MOMENT_SECONDS_END && after.last_request < MOMENT_SECONDS_END &&
                   after.expires < MOMENT_SECONDS_END,
               STORE_CORRUPT);
        TRY(generation_reserve(generation, 1));
        if (with_rows)
            rows_put(&generation->rows, record.license, &record.machine, record.row);
        generation_tally(&generation->tallies, record.license, &record.before, &after);
        generation->records++;
    }
    return RESULT_OK;
}

/* Reads the journal behind overlay->last; its numbers are dense. */
static RESULT read_journal(struct sqlite_store *store)
{
    struct overlay *const overlay = store->overlay;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_JOURNAL_LIST);
    query_number(&query, overlay->last);
    for (;;) {
        bool row;
        TRY(query_step(&query, &row));
        if (!row)
            return RESULT_OK;
        ENSURE(column_number(&query, 0) == overlay->last + 1, STORE_CORRUPT);
        overlay->last++;
        const bool old = overlay->last <= overlay->settled.until;
        TRY(take_records(old ? &overlay->frozen : &overlay->current, column_slice(&query, 1), !old));
    }
}

static RESULT refresh_blocked(struct sqlite_store *store)
{
    struct overlay *const overlay = store->overlay;
    struct blocked_set blocked;
    TRY(blocked_read(store, &blocked));
    free(overlay->blocked.machines);
    overlay->blocked = blocked;
    return RESULT_OK;
}

RESULT overlay_refresh(struct sqlite_store *store, bool anew)
{
    struct overlay *const overlay = store->overlay;
    struct settled now;
    int64_t lasts[JOURNALS];
    TRY(read_settled(store, &now, lasts));
    const unsigned table = lasts[1] > lasts[0] ? 1 : 0;
    const int64_t last = lasts[table] > now.emptied ? lasts[table] : now.emptied;
    const struct settled *const then = &overlay->settled;
    anew = anew || !overlay->loaded || now.emptied != then->emptied || now.until != then->until ||
           now.moment != then->moment || last < overlay->last || (last > overlay->last && overlay->frozen.records > 0);
    if (!anew && last == overlay->last && now.blocks == then->blocks)
        return RESULT_OK;
    const bool other_blocks = anew || now.blocks != then->blocks;
    overlay->loaded = false; /* until all of it is there */
    if (anew) {
        generation_free(&overlay->current);
        generation_free(&overlay->frozen);
        overlay->last = now.emptied;
        overlay->loads++;
    }
    overlay->settled = now;
    overlay->table = table;
    memcpy(overlay->lasts, lasts, sizeof lasts);
    TRY(read_journal(store));
    if (other_blocks)
        TRY(refresh_blocked(store));
    overlay->loaded = true;
    return RESULT_OK;
}

RESULT overlay_look_begin(struct sqlite_store *store, bool *ret_opened)
{
    overlay_lock(store);
    bool opened = false;
    struct result result = look_begin(store, &opened);
    if (is_ok(result) && opened)
        result = overlay_refresh(store, false);
    if (!is_ok(result)) {
        result = look_end(store, opened, result);
        overlay_unlock(store);
        return result;
    }
    *ret_opened = opened;
    return RESULT_OK;
}

/* ---- writing ---- */

RESULT journal_put(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                   const struct machine_times *before, const struct machine_row *row)
{
    uint8_t bytes[ROW_BYTES_MAX];
    const struct machine_times after = {row->record.last_request, row->record.expires};
    const size_t size = row_write(row, bytes);
    const struct journal_record record = {license, *machine, *before, slice_make(bytes, size)};
    TRY(generation_reserve(&store->pending, 1));
    record_write(&record, &store->records);
    TRY(buffer_status(&store->records));
    rows_put(&store->pending.rows, license, machine, record.row);
    generation_tally(&store->pending.tallies, license, before, &after);
    store->pending.records++;
    return RESULT_OK;
}

RESULT journal_write(struct sqlite_store *store)
{
    if (store->pending.records == 0)
        return RESULT_OK;
    CLEANUP_QUERY struct query query = query_make(store, journal_statement(store->overlay->table, JOURNAL_ADD));
    query_number(&query, store->overlay->last + 1);
    query_bytes(&query, store->records.data, store->records.size);
    return query_run(&query, NULL);
}

RESULT journal_reserve(struct sqlite_store *store)
{
    struct generation *const current = &store->overlay->current;
    TRY(rows_reserve(&current->rows, store->pending.rows.count));
    return tallies_reserve(&current->tallies, store->pending.tallies.count);
}

void journal_take_in(struct sqlite_store *store)
{
    struct overlay *const overlay = store->overlay;
    const struct generation *const pending = &store->pending;
    const struct overlay_row *row;
    if (pending->records == 0)
        return;
    for (size_t at = 0; (row = rows_next(&pending->rows, &at)) != NULL;)
        rows_put(&overlay->current.rows, row->license, &row->machine, slice_make(row->bytes, row->size));
    for (size_t i = 0; i < pending->tallies.capacity; i++)
        if (pending->tallies.slots[i].change != 0)
            tallies_add(&overlay->current.tallies, pending->tallies.slots[i].key, pending->tallies.slots[i].change);
    overlay->current.records += pending->records;
    overlay->last++;
    overlay->lasts[overlay->table] = overlay->last;
    journal_forget(store);
}

void journal_forget(struct sqlite_store *store)
{
    buffer_clear(&store->records); /* also where the first record found no memory, which the buffer remembers */
    if (store->pending.records == 0)
        return;
    rows_clear(&store->pending.rows);
    tallies_clear(&store->pending.tallies);
    store->pending.records = 0;
}
