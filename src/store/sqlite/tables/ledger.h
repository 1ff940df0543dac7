/* Ledgers, licenses and leaves. See sqlite.h. */
#ifndef STORE_SQLITE_TABLES_LEDGER_H
#define STORE_SQLITE_TABLES_LEDGER_H

#include "sqlite/sqlite.h"

/* The leaves of a run stand in leaf_run at that place. */
static inline int64_t leaf_place(uint32_t ledger, uint64_t index)
{
    return (int64_t)((uint64_t)ledger << PLACE_BITS | index);
}

RESULT sqlite_ledger(struct store *store, const char *origin, bool make, uint32_t *ret_ledger);
RESULT sqlite_ledger_next(struct store *store, uint32_t after, uint32_t *ret_ledger,
                          char ret_origin[static KEY_NAME_SIZE]);
RESULT sqlite_license(struct store *store, uint32_t ledger, const char *id, const char *product, uint32_t *ret_license);
RESULT sqlite_license_next(struct store *store, uint32_t ledger, uint32_t after, uint32_t *ret_license,
                           char ret_product[static NAME_SIZE]);
RESULT sqlite_license_id(struct store *store, uint32_t license, char ret_id[static NAME_SIZE]);
RESULT sqlite_ledger_size(struct store *store, uint32_t ledger, uint64_t *ret_size);
RESULT sqlite_leaves_append(struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves,
                            size_t count);
RESULT sqlite_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                     bool (*each)(void *context, uint64_t index, struct slice leaf), void *context);
RESULT sqlite_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out);
RESULT sqlite_checkpoint_put(struct store *store, uint32_t ledger, struct slice note);
RESULT sqlite_shown(struct store *store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count);
RESULT sqlite_shown_put(struct store *store, uint32_t ledger, const struct shown *shown);
RESULT sqlite_shown_drop(struct store *store, uint32_t ledger, uint64_t epoch);

#endif
