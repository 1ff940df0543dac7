/* What the operator sees and says, in SQLite: blocked machines, lists of machines, denials; see sqlite.h. */
#include "sqlite/sqlite.h"

#include <string.h>

RESULT sqlite_block(struct store *store, const struct machine_id *machine, seconds now, const char *reason)
{
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_BLOCK_PUT);
    query_bytes(&query, machine, sizeof *machine);
    query_number(&query, now);
    query_text(&query, reason);
    return query_run(&query, NULL);
}

RESULT sqlite_unblock(struct store *store, const struct machine_id *machine)
{
    int changed;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_BLOCK_REMOVE);
    query_bytes(&query, machine, sizeof *machine);
    TRY(query_run(&query, &changed));
    ENSURE(changed == 1, NOT_FOUND);
    return RESULT_OK;
}

RESULT sqlite_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked)
{
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_BLOCK_FIND);
    query_bytes(&query, machine, sizeof *machine);
    return query_step(&query, ret_blocked);
}

/* ---- lists of machines ---- */

/* How far a list has come. */
struct progress {
    size_t left;
    bool stopped; /* the caller has seen enough */
};

static int64_t sql_limit(size_t limit)
{
    return limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

/* The id behind which the list goes on within that license; empty where all of the license is still to come. */
static void bind_after(struct query *query, const struct machine_filter *filter, uint32_t license)
{
    if (filter->after != NULL && filter->after->license == license)
        query_bytes(query, &filter->after->machine, sizeof filter->after->machine);
    else
        query_bytes(query, NULL, 0);
}

/* Hands on the rows of a query: machine, since, reason and, where `license` is not 0, the machine's columns. */
static RESULT hand_on(struct query *query, const struct listing *listing, uint32_t license, struct progress *progress)
{
    for (;;) {
        bool row;
        struct machine_entry entry;
        TRY(query_step(query, &row));
        if (!row)
            return RESULT_OK;
        memset(&entry, 0, sizeof entry);
        entry.license = license;
        TRY(column_exactly(query, 0, &entry.machine, sizeof entry.machine));
        entry.blocked = sqlite3_column_type(query->statement, 1) != SQLITE_NULL;
        entry.blocked_since = column_number(query, 1);
        TRY(column_text(query, 2, entry.blocked_reason, sizeof entry.blocked_reason));
        if (license != 0)
            TRY(machine_columns(query, 3, &entry.row));
        progress->left--;
        if (!listing->each(listing->context, &entry)) {
            progress->stopped = true;
            return RESULT_OK;
        }
    }
}

/* Blocked machines that never asked, under license 0. */
static RESULT list_silent(struct sqlite_store *store, const struct listing *listing, struct progress *progress)
{
    const struct machine_filter *const filter = listing->filter;
    const bool has_address = filter->address != NULL && filter->address[0] != '\0';
    const bool behind = filter->after != NULL && filter->after->license > 0;
    if (filter->license != 0 || filter->holding_only || has_address || behind)
        return RESULT_OK;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_BLOCK_LIST_SILENT);
    bind_after(&query, filter, 0);
    query_bytes(&query, &listing->lowest, sizeof listing->lowest);
    query_bytes(&query, &listing->highest, sizeof listing->highest);
    query_number(&query, sql_limit(progress->left));
    return hand_on(&query, listing, 0, progress);
}

static RESULT list_license(struct sqlite_store *store, const struct listing *listing, uint32_t license,
                           struct progress *progress)
{
    const struct machine_filter *const filter = listing->filter;
    CLEANUP_QUERY struct query query =
        query_make(store, filter->blocked_only ? STATEMENT_MACHINE_LIST_BLOCKED : STATEMENT_MACHINE_LIST);
    query_number(&query, license);
    bind_after(&query, filter, license);
    query_bytes(&query, &listing->lowest, sizeof listing->lowest);
    query_bytes(&query, &listing->highest, sizeof listing->highest);
    if (filter->address != NULL)
        query_text(&query, filter->address);
    else
        query_nothing(&query);
    if (filter->holding_only)
        query_number(&query, filter->now);
    else
        query_nothing(&query);
    query_number(&query, sql_limit(progress->left));
    return hand_on(&query, listing, license, progress);
}

/* The first license number that is not below `from`; 0 where there is none. */
static RESULT license_from(struct sqlite_store *store, uint32_t from, uint32_t *ret_license)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_LICENSE_NEXT);
    query_number(&query, from);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    *ret_license = (uint32_t)column_number(&query, 0);
    return RESULT_OK;
}

static RESULT list_all(struct sqlite_store *store, const struct listing *listing)
{
    const struct machine_filter *const filter = listing->filter;
    struct progress progress = {.left = filter->limit};
    TRY(list_silent(store, listing, &progress));
    uint32_t license = filter->license != 0 ? filter->license : 1;
    if (filter->after != NULL && filter->after->license > license) {
        if (filter->license != 0)
            return RESULT_OK;
        license = filter->after->license;
    }
    while (progress.left > 0 && !progress.stopped) {
        TRY(license_from(store, license, &license));
        if (license == 0 || (filter->license != 0 && license != filter->license))
            break;
        TRY(list_license(store, listing, license, &progress));
        license++;
    }
    return RESULT_OK;
}

RESULT sqlite_machines(struct store *common, const struct listing *listing)
{
    struct sqlite_store *const store = sqlite_of(common);
    bool opened;
    TRY(look_begin(store, &opened));
    return look_end(store, opened, list_all(store, listing));
}

/* ---- denials ---- */

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
    ret_entry->time = column_number(query, 1);
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
