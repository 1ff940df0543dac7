/*
 * What a ledger had beyond the tree that was signed when its epoch ended.
 *
 * No answer spoke of those leaves, and nobody signs them any more: a lease among them nobody has, and a release or a
 * reclaim among them gave no seat back, since the vendor never reads of it. The machine goes on with the lease, and so
 * does its row; one that was blocked with the reclaim stays so, and can be reclaimed again.
 */
#ifndef LEDGER_UNSIGNED_H
#define LEDGER_UNSIGNED_H

#include "base/reason.h"
#include "store/store.h"

/* Has every machine whose row names a release or a reclaim at `signed_size` or behind hold its seat again until its
 * lease ends. Inside a transaction; errors of the store. */
RESULT unsigned_returns_undo(struct store *store, uint32_t ledger, uint64_t signed_size, struct reason *reason);

#endif
