/* The table of machines. See sqlite.h. */
#ifndef STORE_SQLITE_TABLES_MACHINES_H
#define STORE_SQLITE_TABLES_MACHINES_H

#include "sqlite/sqlite.h"

RESULT sqlite_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found);
RESULT sqlite_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                          struct machine_row *ret_row);
RESULT sqlite_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                          const struct machine_row *row);
RESULT sqlite_machines_expire(struct store *store, seconds before, size_t look, struct machine_key *at,
                              size_t *ret_count);
/* Whether the row says that there is none: a machine that was forgotten, where that has not come to the table yet. */
bool machine_is_forgotten(const struct machine_row *row);
/* Reads the columns of a machine from `first` on. */
RESULT machine_columns(const struct query *query, int first, struct machine_row *ret_row);
/* Or removes it, where it was forgotten. */
RESULT machine_write(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                     const struct machine_row *row);
void machines_forget(struct sqlite_store *store);

RESULT sqlite_return_add(struct store *store, uint32_t license, enum return_way way, seconds time);
RESULT sqlite_returns(struct store *store, uint32_t license, enum return_way way, seconds after, uint64_t *ret_count);

#endif
