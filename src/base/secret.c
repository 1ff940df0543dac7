/* Secret memory over libsodium; see secret.h. */
#include "base/secret.h"

#include <sodium.h>

RESULT secret_start(void)
{
    ENSURE(sodium_init() >= 0, NO_ENTROPY);
    return RESULT_OK;
}

void *secret_new(size_t size)
{
    void *secret = sodium_malloc(size);
    if (secret != NULL)
        sodium_memzero(secret, size);
    return secret;
}

void secret_free(void *secret)
{
    sodium_free(secret);
}

void secret_wipe(void *memory, size_t size)
{
    sodium_memzero(memory, size);
}

void secret_buffer_free(struct buffer *buffer)
{
    if (buffer->data != NULL)
        secret_wipe(buffer->data, buffer->capacity);
    buffer_free(buffer);
}

void base64_write_secret(const void *data, size_t size, char *text)
{
    sodium_bin2base64(text, BASE64_LENGTH(size) + 1, data, size, sodium_base64_VARIANT_ORIGINAL);
}

_Static_assert((int)MAC_KEY_SIZE == (int)crypto_auth_hmacsha256_KEYBYTES &&
                   (int)MAC_SIZE == (int)crypto_auth_hmacsha256_BYTES,
               "the library's sizes");

void secret_mac(const uint8_t key[static MAC_KEY_SIZE], struct slice message, uint8_t ret_mac[static MAC_SIZE])
{
    crypto_auth_hmacsha256(ret_mac, message.data, message.size, key);
}

bool secret_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}
