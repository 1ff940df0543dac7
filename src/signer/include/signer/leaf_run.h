/*
 * What the signer is asked to append: the bytes of a run of leaves, and the root of the tree that the host takes them
 * to make. The signer hashes the leaves itself and compares: a bit that flipped in either of the two, or between them,
 * ends in a refusal and not in a signature.
 */
#ifndef SIGNER_LEAF_RUN_H
#define SIGNER_LEAF_RUN_H

#include "base/bytes.h"
#include "base/hash.h"

enum { SIGNER_LEAVES_MAX = 8192 }; /* in one run */

struct leaf_run {
    uint64_t first;             /* leaves before it: the size of the tree signed last */
    size_t count;               /* 0: that tree again */
    const struct slice *leaves; /* at most LEAF_MAX bytes each; borrowed */
    struct hash root;           /* of the tree that ends with it, as the host has it */
};

#endif
