/* Transactions of the SQLite store. See sqlite.h. */
#ifndef STORE_SQLITE_TRANSACTIONS_H
#define STORE_SQLITE_TRANSACTIONS_H

#include "sqlite/sqlite.h"

RESULT sqlite_begin(struct store *common);
RESULT sqlite_commit(struct store *common);
void sqlite_rollback(struct store *common);
RESULT sqlite_sync(struct store *store);
void sqlite_forget(struct sqlite_store *store);

#endif
