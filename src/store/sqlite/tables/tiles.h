/* Hashes of ledgers, and where each ends. See sqlite.h. */
#ifndef STORE_SQLITE_TABLES_TILES_H
#define STORE_SQLITE_TABLES_TILES_H

#include "sqlite/sqlite.h"

RESULT sqlite_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                            const struct hash *hashes, size_t count);
RESULT sqlite_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                         struct hash *ret_hashes);
/* The memory of where a ledger ends; made where it is missing. */
RESULT ledger_end_of(struct sqlite_store *store, uint32_t ledger, struct ledger_end **ret_end);
void ledgers_forget(struct sqlite_store *store);

#endif
