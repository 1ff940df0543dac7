/*
 * Lists of machines in SQLite: the tables and the overlay, merged; see sqlite.h.
 *
 * A list looks at both at one moment: it takes what it needs of the overlay under its lock, together with the beginning
 * of its look at the tables, and goes on without the lock. Of the overlay it needs every id in its range, because such
 * a row of the table is not the newest, and as many of the rows that pass the filter as it may show.
 */
#include "sqlite/tables/lists.h"

#include "sqlite/journal/encoding.h"
#include "sqlite/journal/journal.h"
#include "sqlite/look.h"
#include "sqlite/tables/machines.h"

#include <stdlib.h>
#include <string.h>

enum { MAPS = 3 }; /* of the overlay: pending, current, frozen */

/* Where a machine stands in the order of lists. */
struct position {
    uint32_t license;
    struct machine_id machine;
    bool forgotten; /* of the overlay: it hides what the table has of it, and is not there */
};

struct overlaid {
    struct position position; /* first, for the comparison */
    struct machine_row row;
};

/* What a list takes of the overlay. */
struct taken {
    struct buffer positions; /* of all in its range; in order once all are there */
    struct buffer rows;      /* struct overlaid; those that pass */
    size_t at;               /* of rows, while the list is made */
};

/* How far a list has come. */
struct progress {
    struct sqlite_store *store;
    const struct listing *listing;
    struct taken taken;
    const struct blocked_set *blocked; /* while the overlay is locked */
    size_t left;
    bool stopped; /* the caller has seen enough */
};

static int compare_positions(const void *left, const void *right)
{
    const struct position *const a = left;
    const struct position *const b = right;
    if (a->license != b->license)
        return a->license < b->license ? -1 : 1;
    return memcmp(&a->machine, &b->machine, sizeof a->machine);
}

/* ---- the overlay ---- */

static bool in_range(const struct listing *listing, const struct position *position)
{
    const struct machine_filter *const filter = listing->filter;
    if (filter->license != 0 && position->license != filter->license)
        return false;
    if (memcmp(&position->machine, &listing->lowest, sizeof position->machine) < 0 ||
        memcmp(&position->machine, &listing->highest, sizeof position->machine) > 0)
        return false;
    if (filter->after == NULL)
        return true;
    const struct position after = {filter->after->license, filter->after->machine};
    return compare_positions(position, &after) > 0;
}

static bool passes(const struct progress *progress, const struct overlaid *overlaid)
{
    const struct machine_filter *const filter = progress->listing->filter;
    return (filter->address == NULL || strcmp(overlaid->row.address, filter->address) == 0) &&
           (!filter->holding_only || overlaid->row.record.expires > filter->now) &&
           (!filter->blocked_only || blocked_has(progress->blocked, &overlaid->position.machine));
}

/* Keeps the first `limit` rows in order; called when there may be twice as many. */
static void trim_rows(struct buffer *rows, size_t limit)
{
    const size_t size = sizeof(struct overlaid);
    if (rows->size == 0)
        return;
    qsort(rows->data, rows->size / size, size, compare_positions);
    if (rows->size / size > limit)
        rows->size = limit * size;
}

static RESULT take_row(struct progress *progress, const struct overlay_row *row)
{
    struct taken *const taken = &progress->taken;
    struct overlaid overlaid;
    memset(&overlaid, 0, sizeof overlaid);
    overlaid.position = (struct position){row->license, row->machine};
    if (!in_range(progress->listing, &overlaid.position))
        return RESULT_OK;
    TRY(row_read(slice_make(row->bytes, row->size), &overlaid.row));
    overlaid.position.forgotten = machine_is_forgotten(&overlaid.row);
    buffer_append(&taken->positions, &overlaid.position, sizeof overlaid.position);
    if (overlaid.position.forgotten || !passes(progress, &overlaid))
        return RESULT_OK;
    buffer_append(&taken->rows, &overlaid, sizeof overlaid);
    if (taken->rows.size / sizeof overlaid / 2 >= progress->left)
        trim_rows(&taken->rows, progress->left);
    return RESULT_OK;
}

/* With the overlay locked. Newer rows hide older ones. */
static RESULT take_all(struct progress *progress)
{
    const struct sqlite_store *const store = progress->store;
    const struct row_map *const maps[MAPS] = {&store->pending.rows, &store->overlay->current.rows,
                                              &store->overlay->frozen.rows};
    for (size_t i = 0; i < MAPS; i++) {
        const struct overlay_row *row;
        for (size_t at = 0; (row = rows_next(maps[i], &at)) != NULL;) {
            bool hidden = false;
            for (size_t newer = 0; newer < i && !hidden; newer++)
                hidden = rows_find(maps[newer], row->license, &row->machine) != NULL;
            if (!hidden)
                TRY(take_row(progress, row));
        }
    }
    TRY(buffer_status(&progress->taken.positions));
    return buffer_status(&progress->taken.rows);
}

/* NULL where it is not there. */
static const struct position *overlaid_at(const struct taken *taken, const struct position *position)
{
    const size_t count = taken->positions.size / sizeof *position;
    return count == 0 ? NULL : bsearch(position, taken->positions.data, count, sizeof *position, compare_positions);
}

/* ---- the tables ---- */

/* The id behind which the list goes on within that license; empty where all of the license is still to come. */
static void bind_after(struct query *query, const struct machine_filter *filter, uint32_t license)
{
    if (filter->after != NULL && filter->after->license == license)
        query_bytes(query, &filter->after->machine, sizeof filter->after->machine);
    else
        query_bytes(query, NULL, 0);
}

static void bind_range(struct query *query, const struct listing *listing, uint32_t license)
{
    bind_after(query, listing->filter, license);
    query_bytes(query, &listing->lowest, sizeof listing->lowest);
    query_bytes(query, &listing->highest, sizeof listing->highest);
}

static void hand_on(struct progress *progress, const struct machine_entry *entry)
{
    const struct listing *const listing = progress->listing;
    progress->left--;
    progress->stopped = !listing->each(listing->context, entry) || progress->left == 0;
}

/* Columns from the first: machine, since, reason, label and, where `license` is not 0, the machine's. */
static RESULT entry_columns(const struct query *query, uint32_t license, struct machine_entry *ret_entry)
{
    memset(ret_entry, 0, sizeof *ret_entry);
    ret_entry->license = license;
    TRY(column_exactly(query, 0, &ret_entry->machine, sizeof ret_entry->machine));
    ret_entry->blocked = !column_is_nothing(query, 1);
    TRY(column_time(query, 1, &ret_entry->blocked_since));
    TRY(column_text(query, 2, ret_entry->blocked_reason, sizeof ret_entry->blocked_reason));
    TRY(column_text(query, 3, ret_entry->label, sizeof ret_entry->label));
    return license == 0 ? RESULT_OK : machine_columns(query, 4, &ret_entry->row);
}

/* ---- both ---- */

static RESULT read_label(struct sqlite_store *store, struct machine_entry *entry)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_LABEL_GET);
    query_bytes(&query, &entry->machine, sizeof entry->machine);
    TRY(query_step(&query, &row));
    return row ? column_text(&query, 0, entry->label, sizeof entry->label) : RESULT_OK;
}

/* Whether it is one that time_write() can write. */
static bool is_time(seconds time)
{
    return time >= 0 && time <= TIME_MAX;
}

static RESULT hand_on_overlaid(struct progress *progress, const struct overlaid *overlaid)
{
    const struct machine_record *const record = &overlaid->row.record;
    struct machine_entry entry;
    ENSURE(is_time(record->first_request) && is_time(record->last_request) && is_time(record->issued) &&
               is_time(record->expires),
           STORE_CORRUPT);
    memset(&entry, 0, sizeof entry);
    entry.license = overlaid->position.license;
    entry.machine = overlaid->position.machine;
    entry.row = overlaid->row;
    CLEANUP_QUERY struct query query = query_make(progress->store, STATEMENT_BLOCK_GET);
    query_bytes(&query, &entry.machine, sizeof entry.machine);
    TRY(query_step(&query, &entry.blocked));
    if (entry.blocked) {
        TRY(column_time(&query, 0, &entry.blocked_since));
        TRY(column_text(&query, 1, entry.blocked_reason, sizeof entry.blocked_reason));
    }
    query_end(&query);
    TRY(read_label(progress->store, &entry));
    hand_on(progress, &entry);
    return RESULT_OK;
}

/* Hands on the overlay's rows before that position; there are none behind the license that is being listed. */
static RESULT hand_on_before(struct progress *progress, const struct position *end)
{
    struct taken *const taken = &progress->taken;
    const struct overlaid *const rows = (const void *)taken->rows.data;
    const size_t count = taken->rows.size / sizeof *rows;
    while (!progress->stopped && taken->at < count && compare_positions(&rows[taken->at], end) < 0)
        TRY(hand_on_overlaid(progress, &rows[taken->at++]));
    return RESULT_OK;
}

static RESULT merge(struct progress *progress, struct query *query, uint32_t license)
{
    while (!progress->stopped) {
        bool row;
        struct machine_entry entry;
        TRY(query_step(query, &row));
        if (!row)
            break;
        TRY(entry_columns(query, license, &entry));
        const struct position position = {license, entry.machine};
        TRY(hand_on_before(progress, &position));
        if (!progress->stopped && overlaid_at(&progress->taken, &position) == NULL)
            hand_on(progress, &entry);
    }
    const struct position end = {.license = license + 1};
    return hand_on_before(progress, &end);
}

static RESULT list_license(struct progress *progress, uint32_t license)
{
    const struct machine_filter *const filter = progress->listing->filter;
    CLEANUP_QUERY struct query query =
        query_make(progress->store, filter->blocked_only ? STATEMENT_MACHINE_LIST_BLOCKED : STATEMENT_MACHINE_LIST);
    query_number(&query, license);
    bind_range(&query, progress->listing, license);
    if (filter->address != NULL)
        query_text(&query, filter->address);
    else
        query_nothing(&query);
    if (filter->holding_only)
        query_number(&query, filter->now);
    else
        query_nothing(&query);
    return merge(progress, &query, license);
}

/* The first license number that is not below `from`; 0 where there is none. There is always a number behind it, from
 * which a list goes on. */
static RESULT license_from(struct sqlite_store *store, uint32_t from, uint32_t *ret_license)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_LICENSE_NEXT);
    query_number(&query, from);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    const int64_t number = column_number(&query, 0);
    ENSURE(number >= 0 && number < UINT32_MAX, STORE_CORRUPT);
    *ret_license = (uint32_t)number;
    return RESULT_OK;
}

/* Whether the machine is in the overlay under any license. */
static RESULT asked_lately(struct progress *progress, const struct machine_id *machine, bool *ret_asked)
{
    struct position position = {.license = 1, .machine = *machine};
    *ret_asked = false;
    while (!*ret_asked && progress->taken.positions.size > 0) {
        TRY(license_from(progress->store, position.license, &position.license));
        if (position.license == 0)
            break;
        const struct position *const found = overlaid_at(&progress->taken, &position);
        *ret_asked = found != NULL && !found->forgotten;
        position.license++;
    }
    return RESULT_OK;
}

/* Blocked machines that never asked, under license 0. */
static RESULT list_silent(struct progress *progress)
{
    const struct machine_filter *const filter = progress->listing->filter;
    const bool has_address = filter->address != NULL && filter->address[0] != '\0';
    const bool behind = filter->after != NULL && filter->after->license > 0;
    if (filter->license != 0 || filter->holding_only || has_address || behind)
        return RESULT_OK;
    CLEANUP_QUERY struct query query = query_make(progress->store, STATEMENT_BLOCK_LIST_SILENT);
    bind_range(&query, progress->listing, 0);
    while (!progress->stopped) {
        bool row;
        bool asked;
        struct machine_entry entry;
        TRY(query_step(&query, &row));
        if (!row)
            return RESULT_OK;
        TRY(entry_columns(&query, 0, &entry));
        TRY(asked_lately(progress, &entry.machine, &asked));
        if (!asked)
            hand_on(progress, &entry);
    }
    return RESULT_OK;
}

static RESULT list_all(struct progress *progress)
{
    const struct machine_filter *const filter = progress->listing->filter;
    struct taken *const taken = &progress->taken;
    if (taken->positions.size > 0)
        qsort(taken->positions.data, taken->positions.size / sizeof(struct position), sizeof(struct position),
              compare_positions);
    trim_rows(&taken->rows, progress->left);
    TRY(list_silent(progress));
    uint32_t license = filter->license != 0 ? filter->license : 1;
    if (filter->after != NULL && filter->after->license > license) {
        if (filter->license != 0)
            return RESULT_OK;
        license = filter->after->license;
    }
    while (!progress->stopped) {
        TRY(license_from(progress->store, license, &license));
        if (license == 0 || (filter->license != 0 && license != filter->license))
            break;
        TRY(list_license(progress, license));
        license++;
    }
    return RESULT_OK;
}

/* With the overlay locked. Its set of blocked machines is that before the transaction. */
static RESULT take_with_blocked(struct progress *progress)
{
    struct blocked_set blocked = {0};
    progress->blocked = &progress->store->overlay->blocked;
    if (progress->store->blocks_changed > 0) {
        TRY(blocked_read(progress->store, &blocked));
        progress->blocked = &blocked;
    }
    const struct result result = take_all(progress);
    progress->blocked = NULL;
    free(blocked.machines);
    return result;
}

RESULT sqlite_machines(struct store *common, const struct listing *listing)
{
    struct progress progress = {
        .store = sqlite_of(common),
        .listing = listing,
        .taken = {.positions = buffer_make(SIZE_MAX), .rows = buffer_make(SIZE_MAX)},
        .left = listing->filter->limit,
    };
    bool opened;
    TRY(overlay_look_begin(progress.store, &opened));
    struct result result = take_with_blocked(&progress);
    overlay_unlock(progress.store);
    if (is_ok(result))
        result = list_all(&progress);
    buffer_free(&progress.taken.positions);
    buffer_free(&progress.taken.rows);
    return look_end(progress.store, opened, result);
}
