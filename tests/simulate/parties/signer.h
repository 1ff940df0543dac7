/* The signer inside the simulation: the signed ledgers that the signer's process serves, with their state on the disk
 * of tests/support/disk.h. It loads keys and epochs as src/programs/avald-signer does. */
#ifndef SIMULATE_SIGNER_H
#define SIMULATE_SIGNER_H

#include "signer/service.h"

/* Every tree that was ever signed, by origin and size. */
enum { SIGNED_TREES_MAX = 4096 };
struct signed_trees {
    size_t count;
    struct checkpoint trees[SIGNED_TREES_MAX];
    bool two; /* of one origin and size there were two */
};

/* With the keys of that data folder; remembers in `trees` what it signs. Both borrowed. */
struct signer_service signer_simulated(const char *folder, struct signed_trees *trees);

#endif
