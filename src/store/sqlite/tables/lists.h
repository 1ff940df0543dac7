/* Lists of machines. See sqlite.h. */
#ifndef STORE_SQLITE_TABLES_LISTS_H
#define STORE_SQLITE_TABLES_LISTS_H

#include "sqlite/sqlite.h"

RESULT sqlite_machines(struct store *store, const struct listing *listing);

#endif
