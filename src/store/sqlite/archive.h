/* Which leaves lie elsewhere, in SQLite; see store/ledger.h. */
#ifndef STORE_SQLITE_ARCHIVE_H
#define STORE_SQLITE_ARCHIVE_H

#include "sqlite/sqlite.h"

RESULT sqlite_archived(struct store *store, uint32_t ledger, struct archived *ret_archived);
RESULT sqlite_archive(struct store *store, uint32_t ledger, const struct archived *archived);
RESULT sqlite_shrink(struct store *store);

#endif
