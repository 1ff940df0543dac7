/* The signer inside the simulation: the signed ledgers that the signer's process serves, with their state on the disk
 * of tests/support/disk.h. It loads keys and epochs as src/programs/avald-signer does. */
#ifndef SIMULATE_SIGNER_H
#define SIMULATE_SIGNER_H

#include "signer/service.h"

/* Every tree that was ever signed, by origin and size. */
enum { SIGNED_TREES_MAX = 16384, SIGNED_ORIGINS_MAX = 128 };
struct signed_tree {
    size_t origin;
    uint64_t size;
    struct hash root;
};
struct signed_trees {
    size_t origin_count;
    char origins[SIGNED_ORIGINS_MAX][KEY_NAME_SIZE];
    size_t count;
    struct signed_tree trees[SIGNED_TREES_MAX];
    bool two; /* of one origin and size there were two */
};

/* With the keys of that data folder; remembers in `trees` what it signs. Both borrowed. */
struct signer_service signer_simulated(const char *folder, struct signed_trees *trees);

#endif
