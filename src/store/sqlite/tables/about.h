/* What machines tell of themselves, in SQLite; see store/machines.h. */
#ifndef STORE_SQLITE_TABLES_ABOUT_H
#define STORE_SQLITE_TABLES_ABOUT_H

#include "sqlite/sqlite.h"

RESULT sqlite_about_get(struct store *store, const struct machine_id *machine, const char *product,
                        struct about_row *ret_row);
RESULT sqlite_about_put(struct store *store, const struct machine_id *machine, const char *product,
                        const struct about_row *row);
RESULT sqlite_about_expire(struct store *store, seconds now, size_t most, size_t *ret_count);
RESULT sqlite_about_clear(struct store *store);

#endif
