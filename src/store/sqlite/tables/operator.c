/* What the operator sees and says, in SQLite: blocked machines and denials; see sqlite.h. */
#include "sqlite/tables/operator.h"

#include "sqlite/journal/journal.h"

/* So that other processes read the set of blocked machines anew. */
static RESULT count_change(struct sqlite_store *store)
{
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_SETTLING_BLOCKS);
    TRY(query_run(&query, NULL));
    store->blocks_changed++;
    return RESULT_OK;
}

RESULT sqlite_block(struct store *common, const struct machine_id *machine, seconds now, const char *reason)
{
    struct sqlite_store *const store = sqlite_of(common);
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_BLOCK_PUT);
    query_bytes(&query, machine, sizeof *machine);
    query_number(&query, now);
    query_text(&query, reason);
    TRY(query_run(&query, NULL));
    return count_change(store);
}

RESULT sqlite_unblock(struct store *common, const struct machine_id *machine)
{
    struct sqlite_store *const store = sqlite_of(common);
    int changed;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_BLOCK_REMOVE);
    query_bytes(&query, machine, sizeof *machine);
    TRY(query_run(&query, &changed));
    ENSURE(changed == 1, NOT_FOUND);
    return count_change(store);
}

/* From memory where no block of this transaction is in between. */
RESULT sqlite_blocked(struct store *common, const struct machine_id *machine, bool *ret_blocked)
{
    struct sqlite_store *const store = sqlite_of(common);
    if (common->in_transaction && store->blocks_changed == 0) {
        overlay_lock(store);
        *ret_blocked = blocked_has(&store->overlay->blocked, machine);
        overlay_unlock(store);
        return RESULT_OK;
    }
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_BLOCK_GET);
    query_bytes(&query, machine, sizeof *machine);
    return query_step(&query, ret_blocked);
}

RESULT sqlite_label(struct store *store, const struct machine_id *machine, const char *label)
{
    CLEANUP_QUERY struct query query =
        query_make(sqlite_of(store), *label == 0 ? STATEMENT_LABEL_REMOVE : STATEMENT_LABEL_PUT);
    query_bytes(&query, machine, sizeof *machine);
    if (*label != 0)
        query_text(&query, label);
    return query_run(&query, NULL);
}

/* ---- denials ---- */

static int64_t sql_limit(size_t limit)
{
    return limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

RESULT sqlite_denial_add(struct store *common, const struct denial_entry *entry)
{
    struct sqlite_store *const store = sqlite_of(common);
    if (store->last_denial == 0) {
        bool row;
        CLEANUP_QUERY struct query last = query_make(store, STATEMENT_DENIAL_LAST);
        TRY(query_step(&last, &row));
        ENSURE(row, STORE_CORRUPT);
        TRY(column_unsigned(&last, 0, &store->last_denial));
    }
    const int64_t number = (int64_t)store->last_denial + 1;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_DENIAL_ADD);
    query_number(&query, number);
    query_number(&query, entry->time);
    query_bytes(&query, &entry->machine, sizeof entry->machine);
    query_text(&query, entry->vendor);
    query_text(&query, entry->product);
    query_text(&query, entry->edition);
    query_number(&query, entry->code);
    query_text(&query, entry->message);
    query_text(&query, entry->address);
    TRY(query_run(&query, NULL));
    store->last_denial++;
    if (number <= DENIALS_KEPT)
        return RESULT_OK;
    CLEANUP_QUERY struct query trim = query_make(store, STATEMENT_DENIAL_TRIM);
    query_number(&trim, number - DENIALS_KEPT);
    return query_run(&trim, NULL);
}

static RESULT denial_columns(const struct query *query, struct denial_entry *ret_entry)
{
    uint64_t code;
    TRY(column_unsigned(query, 0, &ret_entry->number));
    TRY(column_time(query, 1, &ret_entry->time));
    TRY(column_exactly(query, 2, &ret_entry->machine, sizeof ret_entry->machine));
    TRY(column_text(query, 3, ret_entry->vendor, sizeof ret_entry->vendor));
    TRY(column_text(query, 4, ret_entry->product, sizeof ret_entry->product));
    TRY(column_text(query, 5, ret_entry->edition, sizeof ret_entry->edition));
    TRY(column_unsigned(query, 6, &code));
    ENSURE(code <= UINT32_MAX, STORE_CORRUPT);
    ret_entry->code = (uint32_t)code;
    TRY(column_text(query, 7, ret_entry->message, sizeof ret_entry->message));
    return column_text(query, 8, ret_entry->address, sizeof ret_entry->address);
}

RESULT sqlite_denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                      bool (*each)(void *context, const struct denial_entry *entry), void *context)
{
    CLEANUP_QUERY struct query query =
        query_make(sqlite_of(store), machine == NULL ? STATEMENT_DENIAL_LIST : STATEMENT_DENIAL_LIST_OF);
    if (machine != NULL)
        query_bytes(&query, machine, sizeof *machine);
    query_number(&query, (int64_t)before);
    query_number(&query, sql_limit(limit));
    for (;;) {
        bool row;
        struct denial_entry entry = {0};
        TRY(query_step(&query, &row));
        if (!row)
            return RESULT_OK;
        TRY(denial_columns(&query, &entry));
        if (!each(context, &entry))
            return RESULT_OK;
    }
}
