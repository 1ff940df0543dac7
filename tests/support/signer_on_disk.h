/*
 * The signer inside the test: the same signed_ledger that the signer's process serves, with its state on the disk of
 * tests/support/disk.h. To be given to the engine in place of that process.
 */
#ifndef TESTS_SUPPORT_SIGNER_ON_DISK_H
#define TESTS_SUPPORT_SIGNER_ON_DISK_H

#include "base/hash.h"
#include "signer/service.h"

enum { SIGNED_MAX = 100000 };

/* Everything that was ever signed since count was 0, given to anybody or not. */
struct signer_history {
    size_t count;
    struct {
        uint64_t size;
        struct hash root;
    } checkpoints[SIGNED_MAX];
};

/* A signer with the keys of that data folder, which writes what it signs into the history; both borrowed. */
struct signer_service signer_on_disk(const char *folder, struct signer_history *history);

#endif
