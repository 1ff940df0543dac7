/* SHA-256 digests are everywhere: hashes of leaves, roots, locks. Pure, thread-safe. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/bytes.h"

#include <string.h>

enum { HASH_SIZE = 32 };
struct hash {
    uint8_t bytes[HASH_SIZE];
};

static inline bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, HASH_SIZE) == 0;
}

/* SHA-256 of the parts, one behind the other. By nettle or libsodium, as the build option `sha256` says: nettle's takes
 * a fifth of the time on processors that have instructions for it, and a busy host's proofs are made of hashes. */
struct hash hash_of_parts(const struct slice *parts, size_t count);

/* SHA-256 of the slice. */
static inline struct hash hash_of(struct slice data)
{
    return hash_of_parts(&data, 1);
}

#endif
