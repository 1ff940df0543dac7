/* SHA-256 by libsodium, for builds that shall need no other library; see hash.h. */
#include "base/hash.h"

#include <sodium.h>

_Static_assert(HASH_SIZE == crypto_hash_sha256_BYTES, "a hash is a SHA-256 digest");

struct hash hash_of_parts(const struct slice *parts, size_t count)
{
    crypto_hash_sha256_state state;
    struct hash hash;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, parts[i].data, parts[i].size);
    crypto_hash_sha256_final(&state, hash.bytes);
    return hash;
}
