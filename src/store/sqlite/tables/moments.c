/*
 * Figures in SQLite: moments and what was last counted; see figures.h.
 *
 * The table has 256 seconds to a row, because the times of a batch's machines lie anywhere in the last days and a
 * second has few of them. What is not settled yet is in the overlay; a sum is that of both.
 */
#include "sqlite/tables/moments.h"

#include "sqlite/journal/encoding.h"
#include "sqlite/journal/journal.h"
#include "sqlite/look.h"

#include <string.h>

enum { SECONDS_BITS = 8, SECONDS_OF_ROW = 1 << SECONDS_BITS };

/* One row of the table. */
struct counts {
    uint64_t machines[SECONDS_OF_ROW];
};

int64_t moment_place(uint64_t key)
{
    return (int64_t)(key >> SECONDS_BITS);
}

/* ---- rows of the table ---- */

static RESULT counts_decode(struct slice bytes, struct counts *ret_counts)
{
    int last = -1;
    memset(ret_counts, 0, sizeof *ret_counts);
    while (bytes.size > 0) {
        const uint8_t offset = bytes.data[0];
        uint64_t number;
        bytes = slice_make(bytes.data + 1, bytes.size - 1);
        TRY(number_read(&bytes, &number));
        ENSURE(offset > last && number > 0 && number <= INT64_MAX, STORE_CORRUPT);
        ret_counts->machines[offset] = number;
        last = offset;
    }
    return RESULT_OK;
}

static RESULT counts_read(struct sqlite_store *store, int64_t place, struct counts *ret_counts)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_MOMENT_GET);
    query_number(&query, place);
    TRY(query_step(&query, &row));
    return counts_decode(row ? column_slice(&query, 0) : slice_make(NULL, 0), ret_counts);
}

static RESULT counts_save(struct sqlite_store *store, int64_t place, const struct counts *counts)
{
    uint8_t bytes[SECONDS_OF_ROW * (1 + NUMBER_BYTES_MAX)];
    size_t size = 0;
    uint64_t all = 0;
    for (size_t i = 0; i < SECONDS_OF_ROW; i++) {
        if (counts->machines[i] == 0)
            continue;
        bytes[size++] = (uint8_t)i;
        size += number_write(counts->machines[i], bytes + size);
        all += counts->machines[i];
    }
    CLEANUP_QUERY struct query query = query_make(store, all == 0 ? STATEMENT_MOMENT_REMOVE : STATEMENT_MOMENT_PUT);
    query_number(&query, place);
    if (all > 0) {
        query_number(&query, (int64_t)all);
        query_bytes(&query, bytes, size);
    }
    return query_run(&query, NULL);
}

RESULT moments_apply(struct sqlite_store *store, const struct ordered *changes, size_t count)
{
    const int64_t place = moment_place(changes->key);
    struct counts counts;
    TRY(counts_read(store, place, &counts));
    for (size_t i = 0; i < count; i++) {
        uint64_t *const machines = &counts.machines[changes[i].key % SECONDS_OF_ROW];
        const int64_t now = (int64_t)*machines + changes[i].value;
        ENSURE(now >= 0, STORE_CORRUPT);
        *machines = (uint64_t)now;
    }
    return counts_save(store, place, &counts);
}

/* ---- sums ---- */

/* The part of one row that lies within first <= key <= last. */
static RESULT sum_row(struct sqlite_store *store, int64_t place, uint64_t first, uint64_t last, int64_t *sum)
{
    struct counts counts;
    TRY(counts_read(store, place, &counts));
    for (uint64_t i = 0; i < SECONDS_OF_ROW; i++) {
        const uint64_t key = (uint64_t)place << SECONDS_BITS | i;
        if (key >= first && key <= last)
            *sum += (int64_t)counts.machines[i];
    }
    return RESULT_OK;
}

static RESULT sum_table(struct sqlite_store *store, uint64_t first, uint64_t last, int64_t *sum)
{
    const int64_t from = moment_place(first);
    const int64_t to = moment_place(last);
    TRY(sum_row(store, from, first, last, sum));
    if (from == to)
        return RESULT_OK;
    TRY(sum_row(store, to, first, last, sum));
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_MOMENT_SUM);
    query_number(&query, from);
    query_number(&query, to);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    *sum += column_number(&query, 0);
    return RESULT_OK;
}

/* What is in no table yet; of the frozen generation that is behind where settling has come. */
static int64_t sum_overlay(struct sqlite_store *store, uint64_t first, uint64_t last)
{
    overlay_lock(store);
    const struct overlay *const overlay = store->overlay;
    const uint64_t settled = overlay->settled.moment;
    int64_t sum = tallies_sum(&overlay->current.tallies, first, last);
    sum += tallies_sum(&overlay->frozen.tallies, first > settled ? first : settled + 1, last);
    sum += tallies_sum(&store->pending.tallies, first, last);
    overlay_unlock(store);
    return sum;
}

static RESULT sum_moments(void *context, uint32_t license, enum moment_kind kind, seconds after, seconds until,
                          uint64_t *ret_sum)
{
    struct sqlite_store *const store = context;
    const seconds first = after < 0 ? 1 : after + 1;
    const seconds last = until < MOMENT_SECONDS_END ? until : MOMENT_SECONDS_END - 1;
    int64_t sum = 0;
    if (license < MOMENT_LICENSES_END && after < last && first <= last) {
        const uint64_t first_key = moment_key(license, kind, first);
        const uint64_t last_key = moment_key(license, kind, last);
        TRY(sum_table(store, first_key, last_key, &sum));
        sum += sum_overlay(store, first_key, last_key);
    }
    ENSURE(sum >= 0, STORE_CORRUPT);
    *ret_sum = (uint64_t)sum;
    return RESULT_OK;
}

/* ---- figures ---- */

static RESULT load_figures(void *context, struct license_figures *entry)
{
    struct sqlite_store *const store = context;
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_FIGURES_GET);
    query_number(&query, entry->license);
    TRY(query_step(&query, &row));
    if (!row)
        return RESULT_OK;
    TRY(column_unsigned(&query, 1, &entry->figures.count));
    TRY(column_unsigned(&query, 2, &entry->figures.held));
    TRY(column_time(&query, 0, &entry->as_of));
    entry->known = true;
    return RESULT_OK;
}

static struct moment_source source_of(struct sqlite_store *store)
{
    return (struct moment_source){.sum = sum_moments, .load = load_figures, .context = store};
}

RESULT sqlite_figures(struct store *common, uint32_t license, seconds now, struct figures *ret_figures)
{
    struct sqlite_store *const store = sqlite_of(common);
    const struct moment_source source = source_of(store);
    if (common->in_transaction)
        return figures_at(&store->figures, &source, license, now, ret_figures);
    bool opened;
    TRY(overlay_look_begin(store, &opened));
    figures_clear(&store->figures); /* others may have written since */
    const struct result result = figures_at(&store->figures, &source, license, now, ret_figures);
    figures_clear(&store->figures);
    overlay_unlock(store);
    return look_end(store, opened, result);
}

RESULT sqlite_next_end(struct store *common, uint32_t license, seconds now, seconds *ret_time)
{
    struct sqlite_store *const store = sqlite_of(common);
    const struct moment_source source = source_of(store);
    bool opened = false;
    if (common->in_transaction)
        return figures_next_end(&source, license, now, ret_time);
    TRY(overlay_look_begin(store, &opened));
    const struct result result = figures_next_end(&source, license, now, ret_time);
    overlay_unlock(store);
    return look_end(store, opened, result);
}

RESULT moments_change(struct sqlite_store *store, uint32_t license, const struct machine_times *before,
                      const struct machine_times *after)
{
    const struct moment_source source = source_of(store);
    return figures_change(&store->figures, &source, license, before, after);
}

RESULT figures_save(struct sqlite_store *store)
{
    for (size_t i = 0; i < store->figures.count; i++) {
        struct license_figures *const entry = &store->figures.entries[i];
        if (!entry->changed)
            continue;
        CLEANUP_QUERY struct query query = query_make(store, STATEMENT_FIGURES_PUT);
        query_number(&query, entry->license);
        query_number(&query, entry->as_of);
        query_number(&query, (int64_t)entry->figures.count);
        query_number(&query, (int64_t)entry->figures.held);
        TRY(query_run(&query, NULL));
        entry->changed = false;
    }
    return RESULT_OK;
}

void moments_forget(struct sqlite_store *store)
{
    figures_clear(&store->figures);
}
