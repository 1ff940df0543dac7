/*
 * Where a leaf stands among all epochs of a ledger, in one number: the index in the ledger of its epoch, and the epoch,
 * less one, in the bits above. machine_record.leaf is one. Of two places the later leaf has the higher.
 */
#ifndef CORE_TLOG_LEAF_PLACE_H
#define CORE_TLOG_LEAF_PLACE_H

#include <stdint.h>

enum { LEAF_INDEX_BITS = 40 };

static inline uint64_t leaf_of_epoch(uint64_t index, uint64_t epoch)
{
    return (epoch - 1) << LEAF_INDEX_BITS | index;
}
static inline uint64_t leaf_index(uint64_t leaf)
{
    return leaf & ((UINT64_C(1) << LEAF_INDEX_BITS) - 1);
}
static inline uint64_t leaf_epoch(uint64_t leaf)
{
    return (leaf >> LEAF_INDEX_BITS) + 1;
}

#endif
