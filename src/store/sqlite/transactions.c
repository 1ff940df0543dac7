/* Transactions of the SQLite store; see sqlite.h. */
#include "sqlite/transactions.h"

#include "base/sentences.h"
#include "sqlite/journal/journal.h"
#include "sqlite/journal/settle.h"
#include "sqlite/tables/machines.h"
#include "sqlite/tables/moments.h"
#include "sqlite/tables/tiles.h"

#include <stdlib.h>

void sqlite_forget(struct sqlite_store *store)
{
    machines_forget(store);
    moments_forget(store);
    ledgers_forget(store);
    journal_forget(store);
    store->blocks_changed = 0;
    store->last_denial = 0;
}

void sqlite_rollback(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    common->reason = NULL; /* what went wrong says more than the rollback */
    if (database_in_transaction(&store->database))
        result_ignore(sqlite_run(store, STATEMENT_ROLLBACK));
    sqlite_forget(store);
}

static RESULT read_version(struct sqlite_store *store, int64_t *ret_version)
{
    bool row;
    CLEANUP_QUERY struct query query = query_make(store, STATEMENT_DATA_VERSION);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    *ret_version = column_number(&query, 0);
    return RESULT_OK;
}

/* Forgets what is remembered where another connection has written since, and brings the overlay up to date. */
static RESULT catch_up(struct sqlite_store *store)
{
    int64_t version;
    TRY(read_version(store, &version));
    const bool changed = version != store->data_version;
    if (changed)
        sqlite_forget(store);
    overlay_lock(store);
    struct result result = RESULT_OK;
    /* Another may have settled what this one was settling. */
    if (changed || !store->overlay->loaded)
        result = overlay_refresh(store, changed && store->settling.committed.stage != SETTLE_NOTHING);
    if (is_ok(result))
        result = settle_begun(store);
    overlay_unlock(store);
    if (is_ok(result))
        store->data_version = version;
    return result;
}

RESULT sqlite_begin(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    /* SQLite would begin, and fail at the first change. */
    if (sqlite3_db_readonly(store->database.handle, "main") != 0)
        return reason_say(common->reason, FAIL(STORE_FAILED), _("%s can only be read"), store->path);
    TRY(sqlite_run(store, STATEMENT_BEGIN));
    const struct result result = catch_up(store);
    if (!is_ok(result))
        sqlite_rollback(common);
    return result;
}

/* `blocked`: the set as the transaction leaves it. With the overlay locked, so that no reader sees the database without
 * what belongs to it. */
static RESULT commit_locked(struct sqlite_store *store, const struct blocked_set *blocked)
{
    struct overlay *const overlay = store->overlay;
    TRY(journal_reserve(store));
    TRY(sqlite_run(store, STATEMENT_COMMIT));
    journal_take_in(store);
    settle_committed(store);
    if (store->blocks_changed > 0) {
        free(overlay->blocked.machines);
        overlay->blocked = *blocked;
        overlay->settled.blocks += store->blocks_changed;
        store->blocks_changed = 0;
    }
    return RESULT_OK;
}

RESULT sqlite_commit(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    struct blocked_set blocked = {0};
    TRY(settle_due(store));
    TRY(journal_write(store));
    TRY(figures_save(store));
    if (store->blocks_changed > 0)
        TRY(blocked_read(store, &blocked));
    overlay_lock(store);
    const struct result result = commit_locked(store, &blocked);
    overlay_unlock(store);
    if (!is_ok(result)) {
        free(blocked.machines);
        return result;
    }
    checkpointer_tend(store->checkpointer);
    return RESULT_OK;
}

/* Syncs the log: a commit whose process was killed before its sync is in there, and is shown. */
RESULT sqlite_sync(struct store *common)
{
    struct sqlite_store *const store = sqlite_of(common);
    int64_t version;
    sqlite3_file *log = NULL;
    TRY(read_version(store, &version)); /* opens the log */
    int status = sqlite3_file_control(store->database.handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (status == SQLITE_OK && log != NULL && log->pMethods != NULL)
        status = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    return database_status(&store->database, status, store->common.reason);
}
