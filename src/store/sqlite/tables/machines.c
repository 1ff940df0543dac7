/* Machines in SQLite; see sqlite.h. */
#include "sqlite/tables/machines.h"

#include "sqlite/journal/encoding.h"
#include "sqlite/journal/journal.h"
#include "sqlite/look.h"
#include "sqlite/tables/moments.h"
#include "sqlite/tables/operator.h"

#include <string.h>

static struct times_slot *slot_of(struct sqlite_store *store, uint32_t license, const struct machine_id *machine)
{
    uint32_t scattered; /* ids are random: any of their bytes will do */
    memcpy(&scattered, machine->bytes, sizeof scattered);
    return &store->times[(scattered * UINT32_C(2654435761) >> 12 ^ license) % TIMES_SLOTS];
}

static void slot_fill(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                      struct machine_times times)
{
    if (store->times != NULL)
        *slot_of(store, license, machine) =
            (struct times_slot){.used = true, .license = license, .machine = *machine, .times = times};
}

void machines_forget(struct sqlite_store *store)
{
    if (store->times != NULL)
        memset(store->times, 0, TIMES_SLOTS * sizeof *store->times);
}

RESULT machine_columns(const struct query *query, int first, struct machine_row *ret_row)
{
    struct machine_record *const record = &ret_row->record;
    uint64_t ledger;
    uint64_t reclaim_ledger;
    uint64_t denial;
    TRY(column_time(query, first, &record->first_request));
    TRY(column_time(query, first + 1, &record->last_request));
    TRY(column_unsigned(query, first + 2, &record->requests));
    TRY(column_time(query, first + 3, &record->issued));
    TRY(column_time(query, first + 4, &record->ends));
    TRY(column_time(query, first + 5, &record->expires));
    record->released = column_number(query, first + 6) != 0;
    record->renewed = column_number(query, first + 7) != 0;
    TRY(column_time(query, first + 8, &record->paced));
    TRY(column_unsigned(query, first + 9, &record->leaf));
    TRY(column_unsigned(query, first + 10, &ledger));
    TRY(column_unsigned(query, first + 11, &record->reclaimed.leaf));
    TRY(column_unsigned(query, first + 12, &reclaim_ledger));
    TRY(column_unsigned(query, first + 13, &record->number));
    TRY(column_unsigned(query, first + 14, &record->heard.number));
    TRY(column_time(query, first + 15, &record->heard.time));
    TRY(column_exactly(query, first + 16, record->note.bytes, sizeof record->note.bytes));
    TRY(column_exactly(query, first + 17, record->hardware.bytes, sizeof record->hardware.bytes));
    TRY(column_unsigned(query, first + 18, &denial));
    ENSURE(ledger < LEDGERS_MAX && reclaim_ledger < LEDGERS_MAX && denial <= UINT32_MAX, STORE_CORRUPT);
    record->ledger = (uint32_t)ledger;
    record->reclaimed.ledger = (uint32_t)reclaim_ledger;
    record->last_denial = (uint32_t)denial;
    return column_text(query, first + 19, ret_row->address, sizeof ret_row->address);
}

/* Reads the row where it is in the overlay. */
static RESULT read_overlaid(const struct overlay_row *overlaid, struct machine_row *ret_row)
{
    return row_read(slice_make(overlaid->bytes, overlaid->size), ret_row);
}

static RESULT read_table(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                         struct machine_row *ret_row)
{
    bool stored;
    memset(ret_row, 0, sizeof *ret_row);
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_MACHINE_GET);
    query_number(&query, license);
    query_bytes(&query, machine, sizeof *machine);
    TRY(query_step(&query, &stored));
    return stored ? machine_columns(&query, 0, ret_row) : RESULT_OK;
}

/* The overlay is unlocked in between: the look at the table is of the same moment. */
static RESULT read_row(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                       struct machine_row *ret_row)
{
    bool opened;
    TRY(overlay_look_begin(store, &opened));
    const struct overlay_row *overlaid = rows_find(&store->pending.rows, license, machine);
    if (overlaid == NULL)
        overlaid = overlay_find(store->overlay, license, machine);
    struct result result = RESULT_OK;
    const bool found = overlaid != NULL;
    if (found)
        result = read_overlaid(overlaid, ret_row);
    overlay_unlock(store);
    if (!found)
        result = read_table(store, license, machine, ret_row);
    return look_end(store, opened, result);
}

RESULT sqlite_machine_get(struct store *common, uint32_t license, const struct machine_id *machine,
                          struct machine_row *ret_row)
{
    struct sqlite_store *const store = sqlite_of(common);
    struct machine_row found;
    TRY(read_row(store, license, machine, &found));
    if (common->in_transaction)
        slot_fill(store, license, machine, (struct machine_times){found.record.last_request, found.record.expires});
    *ret_row = found;
    return RESULT_OK;
}

/* One look after the other: what a batch asks for is mostly in memory, and a statement is a call and no journey. */
RESULT sqlite_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found)
{
    for (size_t i = 0; i < count; i++) {
        TRY(sqlite_machine_get(store, keys[i].license, &keys[i].machine, &ret_found[i].row));
        TRY(sqlite_blocked(store, &keys[i].machine, &ret_found[i].blocked));
    }
    return RESULT_OK;
}

/* The times of the machine as it is stored, remembered or read. */
static RESULT times_before(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                           struct machine_times *ret_times)
{
    const struct times_slot *const slot = slot_of(store, license, machine);
    if (slot->used && slot->license == license && memcmp(&slot->machine, machine, sizeof *machine) == 0) {
        *ret_times = slot->times;
        return RESULT_OK;
    }
    struct machine_row row;
    TRY(read_row(store, license, machine, &row));
    *ret_times = (struct machine_times){row.record.last_request, row.record.expires};
    return RESULT_OK;
}

RESULT sqlite_machine_put(struct store *common, uint32_t license, const struct machine_id *machine,
                          const struct machine_row *row)
{
    struct sqlite_store *const store = sqlite_of(common);
    const struct machine_times after = {row->record.last_request, row->record.expires};
    struct machine_times before;
    ENSURE(license < MOMENT_LICENSES_END && after.last_request < MOMENT_SECONDS_END &&
               after.expires < MOMENT_SECONDS_END,
           STORE_FAILED);
    TRY(times_before(store, license, machine, &before));
    TRY(moments_change(store, license, &before, &after));
    TRY(journal_put(store, license, machine, &before, row));
    slot_fill(store, license, machine, after);
    return RESULT_OK;
}

bool machine_is_forgotten(const struct machine_row *row)
{
    return row->record.first_request == 0 && row->record.requests == 0 && row->record.number == 0;
}

/* As store.h says: forgotten like anything else that is put, with its times in the figures and a row in the journal. */
static RESULT forget(struct store *common, const struct machine_key *key)
{
    static const struct machine_row none;
    return sqlite_machine_put(common, key->license, &key->machine, &none);
}

static bool is_of_use(const struct machine_record *record, seconds before)
{
    return record->last_request >= before || record->expires >= before || record->ends >= before;
}

/* What the table says of its times is old where the overlay has the machine too. */
static RESULT expire(struct store *common, const struct machine_key *key, seconds before, size_t *count)
{
    bool blocked;
    struct machine_row row;
    TRY(sqlite_blocked(common, &key->machine, &blocked));
    TRY(sqlite_machine_get(common, key->license, &key->machine, &row));
    if (blocked || machine_is_forgotten(&row) || is_of_use(&row.record, before))
        return RESULT_OK;
    (*count)++;
    return forget(common, key);
}

RESULT sqlite_machines_expired(struct store *store, seconds *ret_before)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_EXPIRED_GET);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    return column_time(&query, 0, ret_before);
}

static RESULT keep_expired(struct store *store, seconds before)
{
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_EXPIRED_PUT);
    query_number(&query, before);
    return query_run(&query, NULL);
}

RESULT sqlite_machines_expire(struct store *common, seconds before, size_t look, struct machine_key *at,
                              size_t *ret_count)
{
    bool row = true;
    size_t count = 0;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(common), STATEMENT_MACHINE_WALK);
    query_number(&query, at->license);
    query_bytes(&query, &at->machine, sizeof at->machine);
    query_number(&query, look > INT64_MAX ? INT64_MAX : (int64_t)look);
    for (; look > 0 && row; look--) {
        uint64_t license;
        seconds last_request;
        seconds expires;
        TRY(query_step(&query, &row));
        if (!row)
            break;
        TRY(column_unsigned(&query, 0, &license));
        TRY(column_exactly(&query, 1, &at->machine, sizeof at->machine));
        TRY(column_time(&query, 2, &last_request));
        TRY(column_time(&query, 3, &expires));
        at->license = (uint32_t)license;
        if (last_request < before && expires < before)
            TRY(expire(common, at, before, &count));
    }
    if (!row)
        *at = (struct machine_key){0};
    *ret_count = count;
    return count > 0 ? keep_expired(common, before) : RESULT_OK;
}

static RESULT machine_remove(struct sqlite_store *store, uint32_t license, const struct machine_id *machine)
{
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_MACHINE_REMOVE);
    query_number(&query, license);
    query_bytes(&query, machine, sizeof *machine);
    return query_run(&query, NULL);
}

RESULT machine_write(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                     const struct machine_row *row)
{
    const struct machine_record *const record = &row->record;
    if (machine_is_forgotten(row))
        return machine_remove(store, license, machine);
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_MACHINE_PUT);
    query_number(&query, license);
    query_bytes(&query, machine, sizeof *machine);
    query_number(&query, record->first_request);
    query_number(&query, record->last_request);
    query_number(&query, (int64_t)record->requests);
    query_number(&query, record->issued);
    query_number(&query, record->ends);
    query_number(&query, record->expires);
    query_number(&query, record->released);
    query_number(&query, record->renewed);
    query_number(&query, record->paced);
    query_number(&query, (int64_t)record->leaf);
    query_number(&query, record->ledger);
    query_number(&query, (int64_t)record->reclaimed.leaf);
    query_number(&query, record->reclaimed.ledger);
    query_number(&query, (int64_t)record->number);
    query_number(&query, (int64_t)record->heard.number);
    query_number(&query, record->heard.time);
    query_bytes(&query, record->note.bytes, sizeof record->note.bytes);
    query_bytes(&query, record->hardware.bytes, sizeof record->hardware.bytes);
    query_number(&query, record->last_denial);
    query_text(&query, row->address);
    return query_run(&query, NULL);
}

/* ---- seats that came back before their leases ended ---- */

RESULT sqlite_return_add(struct store *common, uint32_t license, enum return_way way, seconds time)
{
    struct sqlite_store *const store = sqlite_of(common);
    CLEANUP_QUERY struct query add = query_make(store, STATEMENT_RETURN_ADD);
    query_number(&add, license);
    query_number(&add, way);
    query_number(&add, time);
    TRY(query_run(&add, NULL));
    CLEANUP_QUERY struct query drop = query_make(store, STATEMENT_RETURN_DROP);
    query_number(&drop, license);
    query_number(&drop, way);
    query_number(&drop, time - RETURNS_KEPT);
    return query_run(&drop, NULL);
}

RESULT sqlite_returns(struct store *store, uint32_t license, enum return_way way, seconds after, uint64_t *ret_count)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_RETURN_SUM);
    query_number(&query, license);
    query_number(&query, way);
    query_number(&query, after);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    return column_unsigned(&query, 0, ret_count);
}
