/*
 * The files of a lease.
 *
 * A lease stands in three files: the lease with its proof, in whose leaf is the request that it answers, the license,
 * and who gave it. Readers take no lock, so the three are replaced like this: the two companions are written as next.*,
 * then the lease is renamed into place, which is the moment of change, then the companions follow and next.* is
 * removed. A reader tries the lease with its companions and then with next.*; whichever moment it looks at, and
 * wherever a writer was killed, one of both fits. A release that was sent for a lease lies beside it, and goes with it.
 */
#ifndef CLIENT_STATE_LEASE_FILES_H
#define CLIENT_STATE_LEASE_FILES_H

#include "base/hash.h"
#include "state/folder.h"

/* The names of those beside the lease itself. */
struct companions {
    const char *license;
    const char *host;
};
extern const struct companions companions_kept;
extern const struct companions companions_coming; /* next.* */

/* What they hold. */
struct lease_files {
    struct slice proof;
    struct slice license;
    const char *host;
};
/* What tells one lease in the folder from another: the hash of its file, or all zeros where there is none. FILE_READ,
 * NO_MEMORY. */
RESULT lease_files_mark(const char *folder, struct hash *ret_mark, struct reason *reason);
/* Stores a lease that was verified in the product's folder. The caller holds the lock. FILE_WRITE. */
RESULT lease_files_store(const char *folder, const struct lease_files *text, struct reason *reason);
/* Removes it, and what was sent to give it back. The caller holds the lock. FILE_WRITE. */
RESULT lease_files_forget(const char *folder, struct reason *reason);

#endif
