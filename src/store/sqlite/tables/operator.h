/* What the operator says of machines, and denials. See sqlite.h. */
#ifndef STORE_SQLITE_TABLES_OPERATOR_H
#define STORE_SQLITE_TABLES_OPERATOR_H

#include "sqlite/sqlite.h"

RESULT sqlite_block(struct store *store, const struct machine_id *machine, seconds now, const char *reason);
RESULT sqlite_unblock(struct store *store, const struct machine_id *machine);
RESULT sqlite_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked);
RESULT sqlite_label(struct store *store, const struct machine_id *machine, const char *label);
RESULT sqlite_denial_add(struct store *store, const struct denial_entry *entry);
RESULT sqlite_denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                      bool (*each)(void *context, const struct denial_entry *entry), void *context);

#endif
