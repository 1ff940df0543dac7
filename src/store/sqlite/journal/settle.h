/* Bringing the journal to the tables. See sqlite.h. */
#ifndef STORE_SQLITE_JOURNAL_SETTLE_H
#define STORE_SQLITE_JOURNAL_SETTLE_H

#include "sqlite/sqlite.h"

/* In a transaction of its own: freezes what there is, and brings about as much as `most` machines to their tables. */
RESULT settle_some(struct sqlite_store *store, size_t most);
/* Part of a commit: as much as is due for the transaction's puts. */
RESULT settle_due(struct sqlite_store *store);
/* At a transaction's begin, and with the lock held after its COMMIT. */
RESULT settle_begun(struct sqlite_store *store);
void settle_committed(struct sqlite_store *store);
void settle_free(struct sqlite_store *store);

#endif
