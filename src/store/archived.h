/* Leaves that lie elsewhere, for the stores that have come upon one; see store/ledger.h. */
#ifndef STORE_ARCHIVED_H
#define STORE_ARCHIVED_H

#include "backend.h"

/* Hands on the leaves first..end of that bundle, no others, each checked against its hash. *ret_stopped: `each` has
 * said that it is enough. ARCHIVE_MISSING, ARCHIVE_DAMAGED, NO_MEMORY; errors of the store. */
RESULT archived_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t end,
                       bool (*each)(void *context, uint64_t index, struct slice leaf), void *context,
                       bool *ret_stopped);

#endif
