/* SHA-256 by nettle, which uses the processor's own instructions; see hash.h. */
#include "base/hash.h"

#include <nettle/sha2.h>

_Static_assert(HASH_SIZE == SHA256_DIGEST_SIZE, "a hash is a SHA-256 digest");

struct hash hash_of_parts(const struct slice *parts, size_t count)
{
    struct sha256_ctx state;
    struct hash hash;
    sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        sha256_update(&state, parts[i].size, parts[i].data);
    sha256_digest(&state, HASH_SIZE, hash.bytes);
    return hash;
}
