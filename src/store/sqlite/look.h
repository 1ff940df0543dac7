/* Several reads as one look at the data. See sqlite.h. */
#ifndef STORE_SQLITE_LOOK_H
#define STORE_SQLITE_LOOK_H

#include "sqlite/sqlite.h"

/* Nothing within a transaction. A look ends with what its reads said. */
RESULT look_begin(struct sqlite_store *store, bool *ret_opened);
RESULT look_end(struct sqlite_store *store, bool opened, struct result result);

#endif
