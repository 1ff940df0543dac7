/*
 * Which leaves lie elsewhere, in SQLite; see archive.h.
 *
 * Always: the place of an archived bundle is kept by a run of 256 leaves without their texts. So runs stay dense, and
 * whoever lists them sees in one look which are here and which are not.
 */
#include "sqlite/archive.h"

#include "sqlite/tables/ledger.h"

#include <string.h>

RESULT sqlite_archived(struct store *store, uint32_t ledger, struct archived *ret_archived)
{
    struct archived archived = {.bundles = 0};
    bool row;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_ARCHIVE_GET);
    query_number(&query, ledger);
    TRY(query_step(&query, &row));
    if (row) {
        TRY(column_unsigned(&query, 0, &archived.bundles));
        TRY(column_text(&query, 1, archived.folder, sizeof archived.folder));
    }
    *ret_archived = archived;
    return RESULT_OK;
}

static RESULT empty_bundle(struct sqlite_store *store, uint32_t ledger, uint64_t first)
{
    CLEANUP_QUERY struct query remove = query_make(store, STATEMENT_LEAF_REMOVE);
    query_number(&remove, leaf_place(ledger, first));
    query_number(&remove, leaf_place(ledger, first + LEAVES_OF_RUN));
    TRY(query_run(&remove, NULL));
    CLEANUP_QUERY struct query add = query_make(store, STATEMENT_LEAF_ADD);
    query_number(&add, leaf_place(ledger, first));
    query_number(&add, LEAVES_OF_RUN);
    query_bytes(&add, "", 0);
    return query_run(&add, NULL);
}

RESULT sqlite_archive(struct store *common, uint32_t ledger, const struct archived *archived)
{
    struct sqlite_store *const store = sqlite_of(common);
    struct archived before;
    TRY(sqlite_archived(common, ledger, &before));
    for (uint64_t bundle = before.bundles; bundle < archived->bundles; bundle++)
        TRY(empty_bundle(store, ledger, bundle * LEAVES_OF_RUN));
    CLEANUP_QUERY struct query put = query_make(store, STATEMENT_ARCHIVE_PUT);
    query_number(&put, ledger);
    query_number(&put, (int64_t)archived->bundles);
    query_text(&put, archived->folder);
    return query_run(&put, NULL);
}

RESULT sqlite_shrink(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    TRY(database_run(&store->database, "VACUUM", common->reason));
    return database_run(&store->database, "PRAGMA wal_checkpoint(TRUNCATE)", common->reason);
}
