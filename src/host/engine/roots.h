/* Roots of trees that machines have seen: those of one morning have mostly seen the same. For the engine's thread. */
#ifndef HOST_ENGINE_ROOTS_H
#define HOST_ENGINE_ROOTS_H

#include "base/hash.h"

enum { ROOTS_REMEMBERED = 16 };

/* All zero: empty. */
struct roots {
    size_t next; /* to be replaced */
    struct remembered_root {
        uint32_t ledger; /* by the store's number; 0: none */
        uint64_t size;
        struct hash root;
    } list[ROOTS_REMEMBERED];
};

/* NULL where it is not remembered; borrowed until the next one is. */
const struct hash *roots_recall(const struct roots *roots, uint32_t ledger, uint64_t size);
/* Of a committed tree, which never changes. */
void roots_remember(struct roots *roots, uint32_t ledger, uint64_t size, struct hash root);

#endif
