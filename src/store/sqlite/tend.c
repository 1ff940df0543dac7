/* Bringing what was committed to where it is kept in the end, while nothing else is to be done; see store/store.h. */
#include "sqlite/tend.h"

#include "sqlite/journal/journal.h"
#include "sqlite/journal/settle.h"
#include "sqlite/transactions.h"

static RESULT tend_in_transaction(struct sqlite_store *store, size_t most)
{
    TRY(settle_some(store, most));
    return sqlite_commit(&store->common);
}

RESULT sqlite_tend(struct store *common, size_t most, bool *ret_more)
{
    struct sqlite_store *const store = sqlite_of(common);
    TRY(sqlite_begin(common));
    const struct result result = tend_in_transaction(store, most);
    if (!is_ok(result)) {
        sqlite_rollback(common);
        return result;
    }
    overlay_lock(store);
    *ret_more = store->settling.committed.stage != SETTLE_NOTHING || store->overlay->current.records > 0;
    overlay_unlock(store);
    return RESULT_OK;
}
