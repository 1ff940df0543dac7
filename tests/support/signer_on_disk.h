/*
 * The signer inside the test: signer/client.h again, over the same signed_ledger that the signer's process serves, with
 * its state on the disk of tests/support/disk.h. Linked before the host's library, it takes the place of the process.
 */
#ifndef TESTS_SUPPORT_SIGNER_ON_DISK_H
#define TESTS_SUPPORT_SIGNER_ON_DISK_H

#include "base/hash.h"
#include "signer/client.h"

enum { SIGNED_MAX = 100000 };

/* Everything that was ever signed since signer_history_forget, given to anybody or not. */
struct signer_history {
    size_t count;
    struct {
        uint64_t size;
        struct hash root;
    } checkpoints[SIGNED_MAX];
};
const struct signer_history *signer_history(void);
void signer_history_forget(void);

#endif
