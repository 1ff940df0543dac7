/*
 * What an activation host remembers: machines, leases, denials, and the leaves and tile hashes of its ledgers.
 *
 * One interface, two implementations (memory, SQLite) and one conformance suite over both. A handle serves one thread
 * at a time; a second thread opens its own reader. All changes happen between begin and commit and become visible, and
 * durable, together or not at all.
 *
 * Always: a ledger's leaves are dense from 0; hashes of a level are dense from 0; a committed leaf never changes.
 * store.h opens and changes, machines.h is what the rules ask, ledger.h the ledgers, operators.h what people ask and
 * say; memory.h and sqlite.h open the two.
 *
 * Errors of every function: STORE_FAILED (disk full, read-only, input/output), NO_MEMORY, STORE_CORRUPT where what is
 * read contradicts itself. What SQLite or the system says of it goes to `reason`. After an error within a transaction
 * the caller rolls back.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buffer.h"
#include "base/reason.h"

struct store;

/* ---- opening ---- */

/* A second, read-only handle on the same data for another thread; it sees what was committed before each of its calls.
 * Writing through it is a bug. Yours to close, before the first. Any thread may open one while another uses `store`. */
RESULT store_open_reader(struct store *store, struct store **ret_reader, struct reason *reason);
/* Takes NULL. Rolls back an open transaction. */
void store_close(struct store *store);

/* ---- transactions ---- */

/* All of it or nothing: begins a transaction, does the work in it, and commits where the work succeeds; otherwise, and
 * where the commit fails, nothing has changed. Errors of begin, `work` and commit. */
RESULT store_transact(struct store *store, RESULT (*work)(void *context, struct store *store, struct reason *reason),
                      void *context, struct reason *reason);
/* Its parts, for whoever has more to do in between. */
RESULT store_begin(struct store *store, struct reason *reason);
/* Returns after the data is on disk (synchronous=FULL). On failure everything since begin is undone. */
RESULT store_commit(struct store *store, struct reason *reason);
void store_rollback(struct store *store);
/* To be called, outside a transaction, by a host that has nothing else to do: brings what was committed to where it is
 * kept in the end, about as much as `most` (at least 1) machines, in a transaction of its own. *ret_more: there is more
 * to do. Changes nothing that anybody can read. A store that is never tended does it in its commits, which then take
 * longer. */
RESULT store_tend(struct store *store, size_t most, bool *ret_more, struct reason *reason);
/* Returns after everything that the store shows is on disk. A commit is, when it returns; but what a process that was
 * killed had written, the system shows to the next one although it was never synced. Outside a transaction. */
RESULT store_sync(struct store *store, struct reason *reason);

/* ---- a copy ---- */

/* Told how much is copied of how much; false ends the copying. */
struct store_watch {
    bool (*go_on)(void *context, uint64_t done, uint64_t all);
    void *context;
};
/* Copies all that is committed when it is called into a file of its own (0600, replaced where there is one), checks it,
 * and brings it to the disk; others may write meanwhile, through handles of theirs. Outside a transaction; `watch` may
 * be NULL. STORE_FAILED where the store is of a kind that is in no file, or the copying was ended; STORE_CORRUPT where
 * the copy does not hold; after a failure there is none. */
RESULT store_copy(struct store *store, const char *path, const struct store_watch *watch, struct reason *reason);

#endif
