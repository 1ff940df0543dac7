/*
 * What a ledger had beyond the tree that was signed when its epoch ended.
 *
 * No answer spoke of those leaves, and nobody signs them any more: a lease among them nobody has, and a release among
 * them gave no seat back. Its machine goes on with the lease, and so does its row.
 */
#ifndef LEDGER_UNSIGNED_H
#define LEDGER_UNSIGNED_H

#include "base/reason.h"
#include "store/store.h"

/* Has every machine whose row names a release at `signed_size` or behind hold its seat again until its lease ends.
 * Inside a transaction; errors of the store. */
RESULT unsigned_releases_undo(struct store *store, uint32_t ledger, uint64_t signed_size, struct reason *reason);

#endif
