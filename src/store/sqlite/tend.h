/* What the store does when nobody waits. See sqlite.h. */
#ifndef STORE_SQLITE_TEND_H
#define STORE_SQLITE_TEND_H

#include "sqlite/sqlite.h"

RESULT sqlite_tend(struct store *store, size_t most, bool *ret_more);

#endif
