/* The journal, and the overlay that says what it says. See sqlite.h. */
#ifndef STORE_SQLITE_JOURNAL_JOURNAL_H
#define STORE_SQLITE_JOURNAL_JOURNAL_H

#include "sqlite/sqlite.h"

/* A look (look.h) with the overlay: up to date for it, and locked until overlay_unlock() where it succeeds. Within a
 * transaction or another look it is just locked. */
RESULT overlay_look_begin(struct sqlite_store *store, bool *ret_opened);
void overlay_lock(struct sqlite_store *store);
void overlay_unlock(struct sqlite_store *store);
RESULT overlay_new(struct overlay **ret_overlay);
/* Takes NULL. */
void overlay_free(struct overlay *overlay);
/* With the lock held, within a transaction or look: brings the overlay up to date; all of it where `anew`. */
RESULT overlay_refresh(struct sqlite_store *store, bool anew);
/* With the lock held: current before frozen; NULL where the tables know best. */
const struct overlay_row *overlay_find(const struct overlay *overlay, uint32_t license,
                                       const struct machine_id *machine);
bool blocked_has(const struct blocked_set *set, const struct machine_id *machine);
/* Notes a put of the open transaction. */
RESULT journal_put(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                   const struct machine_times *before, const struct machine_row *row);
/* Parts of a commit: writes the row of the journal; with the lock held makes room for what is pending; after the COMMIT
 * takes it in, which cannot fail. */
RESULT journal_write(struct sqlite_store *store);
RESULT journal_reserve(struct sqlite_store *store);
void journal_take_in(struct sqlite_store *store);
void journal_forget(struct sqlite_store *store);
/* As the open transaction or look has it. Its memory is yours. */
RESULT blocked_read(struct sqlite_store *store, struct blocked_set *ret_set);

#endif
