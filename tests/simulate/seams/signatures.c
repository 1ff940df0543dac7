/* The test scheme; see signatures.h. */
#include "signatures.h"

#include "base/hash.h"
#include "core/tlog/keys.h"

#include <sodium.h>
#include <string.h>

/* What the linker makes of a call to the function without the prefix, and of one to libsodium's own. */
int __wrap_crypto_sign_seed_keypair(unsigned char *public_key, unsigned char *secret_key, const unsigned char *seed);
int __real_crypto_sign_seed_keypair(unsigned char *public_key, unsigned char *secret_key, const unsigned char *seed);
int __wrap_crypto_sign_detached(unsigned char *signature, unsigned long long *ret_size, const unsigned char *text,
                                unsigned long long size, const unsigned char *secret_key);
int __real_crypto_sign_detached(unsigned char *signature, unsigned long long *ret_size, const unsigned char *text,
                                unsigned long long size, const unsigned char *secret_key);
int __wrap_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *text,
                                       unsigned long long size, const unsigned char *public_key);
int __real_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *text,
                                       unsigned long long size, const unsigned char *public_key);

_Static_assert((int)SIGNATURE_SIZE == 2 * (int)HASH_SIZE && (int)PUBLIC_KEY_SIZE == (int)HASH_SIZE,
               "both are made of hashes");
_Static_assert(crypto_sign_SECRETKEYBYTES == SEED_SIZE + PUBLIC_KEY_SIZE, "seed and public half, as libsodium has it");

static bool use_real;

void signatures_use_real(bool real)
{
    use_real = real;
}

static void sign(const unsigned char *public_key, const unsigned char *text, size_t size,
                 uint8_t ret_signature[static SIGNATURE_SIZE])
{
    uint8_t bound[PUBLIC_KEY_SIZE + HASH_SIZE];
    const struct hash of_text = hash_of(slice_make(text, size));
    memcpy(bound, public_key, PUBLIC_KEY_SIZE);
    memcpy(bound + PUBLIC_KEY_SIZE, of_text.bytes, HASH_SIZE);
    const struct hash first = hash_of(slice_make(bound, sizeof bound));
    const struct hash second = hash_of(slice_make(first.bytes, HASH_SIZE));
    memcpy(ret_signature, first.bytes, HASH_SIZE);
    memcpy(ret_signature + HASH_SIZE, second.bytes, HASH_SIZE);
}

int __wrap_crypto_sign_seed_keypair(unsigned char *public_key, unsigned char *secret_key, const unsigned char *seed)
{
    if (use_real)
        return __real_crypto_sign_seed_keypair(public_key, secret_key, seed);
    const struct hash hash = hash_of(slice_make(seed, SEED_SIZE));
    memcpy(public_key, hash.bytes, PUBLIC_KEY_SIZE);
    memcpy(secret_key, seed, SEED_SIZE);
    memcpy(secret_key + SEED_SIZE, hash.bytes, PUBLIC_KEY_SIZE);
    return 0;
}

int __wrap_crypto_sign_detached(unsigned char *signature, unsigned long long *ret_size, const unsigned char *text,
                                unsigned long long size, const unsigned char *secret_key)
{
    if (use_real)
        return __real_crypto_sign_detached(signature, ret_size, text, size, secret_key);
    sign(secret_key + SEED_SIZE, text, (size_t)size, signature);
    return 0;
}

int __wrap_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *text,
                                       unsigned long long size, const unsigned char *public_key)
{
    if (use_real)
        return __real_crypto_sign_verify_detached(signature, text, size, public_key);
    uint8_t right[SIGNATURE_SIZE];
    sign(public_key, text, (size_t)size, right);
    return memcmp(right, signature, SIGNATURE_SIZE) == 0 ? 0 : -1;
}
