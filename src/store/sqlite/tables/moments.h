/* The table of moments, and the figures made of it. See sqlite.h. */
#ifndef STORE_SQLITE_TABLES_MOMENTS_H
#define STORE_SQLITE_TABLES_MOMENTS_H

#include "sqlite/sqlite.h"

RESULT sqlite_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures);
RESULT sqlite_next_end(struct store *store, uint32_t license, seconds now, seconds *ret_time);
RESULT moments_change(struct sqlite_store *store, uint32_t license, const struct machine_times *before,
                      const struct machine_times *after);
/* Applies changes, all within one row of the table. */
RESULT moments_apply(struct sqlite_store *store, const struct ordered *changes, size_t count);
/* Which row of the table a moment belongs to. */
int64_t moment_place(uint64_t key);
/* Writes the figures that changed; part of a commit. */
RESULT figures_save(struct sqlite_store *store);
void moments_forget(struct sqlite_store *store);

#endif
