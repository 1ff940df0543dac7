/* Several reads as one look at the data; see sqlite.h. */
#include "sqlite/look.h"

RESULT look_begin(struct sqlite_store *store, bool *ret_opened)
{
    const bool open = !database_in_transaction(&store->database);
    if (open)
        TRY(sqlite_run(store, STATEMENT_LOOK));
    *ret_opened = open;
    return RESULT_OK;
}

RESULT look_end(struct sqlite_store *store, bool opened, struct result result)
{
    if (opened && database_in_transaction(&store->database)) {
        const struct result ended = sqlite_run(store, STATEMENT_COMMIT);
        if (is_ok(result))
            result = ended;
    }
    return result;
}
