/*
 * Figures in SQLite: moments and what was last counted; see figures.h.
 *
 * Changes to moments gather in memory, where those of a batch that fall on one second become one, and are written when
 * they are asked for and at a commit, in the order of the table.
 */
#include "sqlite/sqlite.h"

#include <stdlib.h>

static int compare_changes(const void *left, const void *right)
{
    const struct moment_change *const a = left;
    const struct moment_change *const b = right;
    if (a->license != b->license)
        return a->license < b->license ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (a->second > b->second) - (a->second < b->second);
}

static void bind_change(struct query *query, const struct moment_change *change)
{
    query_number(query, change->license);
    query_number(query, change->kind);
    query_number(query, change->second);
    query_number(query, change->change < 0 ? -change->change : change->change);
}

static RESULT write_change(struct sqlite_store *store, const struct moment_change *change)
{
    int changed = 0;
    if (change->change == 0)
        return RESULT_OK;
    if (change->change > 0) {
        CLEANUP_QUERY struct query query = query_make(store, STATEMENT_MOMENT_ADD);
        bind_change(&query, change);
        return query_run(&query, NULL);
    }
    CLEANUP_QUERY struct query all = query_make(store, STATEMENT_MOMENT_TAKE_ALL);
    bind_change(&all, change);
    TRY(query_run(&all, &changed));
    if (changed == 1)
        return RESULT_OK;
    CLEANUP_QUERY struct query some = query_make(store, STATEMENT_MOMENT_TAKE);
    bind_change(&some, change);
    TRY(query_run(&some, &changed));
    ENSURE(changed == 1, STORE_CORRUPT);
    return RESULT_OK;
}

static RESULT flush(struct sqlite_store *store)
{
    if (store->change_count == 0)
        return RESULT_OK;
    qsort(store->changes, store->change_count, sizeof *store->changes, compare_changes);
    for (size_t i = 0; i < store->change_count;) {
        struct moment_change sum = store->changes[i++];
        while (i < store->change_count && compare_changes(&sum, &store->changes[i]) == 0)
            sum.change += store->changes[i++].change;
        TRY(write_change(store, &sum));
    }
    store->change_count = 0;
    return RESULT_OK;
}

static RESULT sum_moments(void *context, uint32_t license, enum moment_kind kind, seconds after, seconds until,
                          uint64_t *ret_sum)
{
    struct sqlite_store *const store = context;
    bool row;
    TRY(flush(store));
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_MOMENT_SUM);
    query_number(&query, license);
    query_number(&query, kind);
    query_number(&query, after);
    query_number(&query, until);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    return column_unsigned(&query, 0, ret_sum);
}

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
    entry->as_of = column_number(&query, 0);
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
    bool opened;
    TRY(look_begin(store, &opened));
    if (common->reader)
        figures_clear(&store->figures);
    return look_end(store, opened, figures_at(&store->figures, &source, license, now, ret_figures));
}

/* Adds to what gathers; a second of 0 is none. */
static void gather(struct sqlite_store *store, uint32_t license, enum moment_kind kind, seconds second, int change)
{
    if (second > 0)
        store->changes[store->change_count++] =
            (struct moment_change){.license = license, .kind = kind, .second = second, .change = change};
}

RESULT moments_change(struct sqlite_store *store, uint32_t license, const struct machine_times *before,
                      const struct machine_times *after)
{
    const struct moment_source source = source_of(store);
    TRY(figures_change(&store->figures, &source, license, before, after));
    if (store->change_capacity - store->change_count < (size_t)2 * MOMENT_KINDS) {
        const size_t capacity = store->change_capacity == 0 ? 1024 : 2 * store->change_capacity;
        struct moment_change *const changes = reallocarray(store->changes, capacity, sizeof *changes);
        ENSURE(changes != NULL, NO_MEMORY);
        store->changes = changes;
        store->change_capacity = capacity;
    }
    gather(store, license, MOMENT_LAST_REQUEST, before->last_request, -1);
    gather(store, license, MOMENT_LAST_REQUEST, after->last_request, 1);
    gather(store, license, MOMENT_EXPIRES, before->expires, -1);
    gather(store, license, MOMENT_EXPIRES, after->expires, 1);
    return RESULT_OK;
}

RESULT moments_save(struct sqlite_store *store)
{
    TRY(flush(store));
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
    store->change_count = 0;
    figures_clear(&store->figures);
}
