/*
 * The keys that sign notes: their two text forms, and the memory of the secret half. See keys.h.
 *
 * Always: the id in a key is that of its name and bytes; secrets live in locked memory and are wiped from the stack.
 */
#include "core/tlog/keys.h"

#include "base/hash.h"
#include "base/secret.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    TYPE_ED25519 = 0x01,
    ID_LENGTH = 2 * KEY_ID_SIZE, /* in hex */
    /* A type byte and a key or a seed: in both texts the last of the parts. */
    TYPED_KEY_SIZE = 1 + PUBLIC_KEY_SIZE,
    TYPED_KEY_LENGTH = BASE64_LENGTH(TYPED_KEY_SIZE),
    SIGNING_KEY_TEXT_SIZE = 12 + VERIFIER_KEY_TEXT_SIZE,
};
_Static_assert(PUBLIC_KEY_SIZE == SEED_SIZE, "both key texts have the same form");

#define SECRET_PREFIX "PRIVATE+KEY+"

struct signing_key {
    struct verifier_key verifier;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

/* Every White_Space of Unicode beyond ASCII, as UTF-8: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029,
 * U+202F, U+205F, U+3000. */
static bool starts_with_wide_space(struct slice text)
{
    static const char *const spaces[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
                                         "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        if (slice_starts_with(text, spaces[i]))
            return true;
    return text.size >= 3 && slice_starts_with(text, "\xe2\x80") && text.data[2] >= 0x80 && text.data[2] <= 0x8a;
}

bool key_name_valid(struct slice name)
{
    if (name.size == 0 || !utf8_valid(name))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        const uint8_t byte = name.data[i];
        if (byte <= ' ' || byte == '+')
            return false;
        if (byte >= 0x80 && starts_with_wide_space(slice_make(name.data + i, name.size - i)))
            return false;
    }
    return true;
}

static uint32_t key_id(const struct verifier_key *key)
{
    uint8_t text[KEY_NAME_SIZE + 1 + TYPED_KEY_SIZE];
    const size_t length = strlen(key->name);
    memcpy(text, key->name, length);
    text[length] = '\n';
    text[length + 1] = TYPE_ED25519;
    memcpy(text + length + 2, key->public_key, PUBLIC_KEY_SIZE);
    const struct hash hash = hash_of(slice_make(text, length + 1 + TYPED_KEY_SIZE));
    return key_id_read(hash.bytes);
}

RESULT verifier_key_make(struct slice name, const uint8_t public_key[static PUBLIC_KEY_SIZE],
                         struct verifier_key *ret_key)
{
    ENSURE(key_name_valid(name) && name.size < KEY_NAME_SIZE, KEY_FORM);
    struct verifier_key key = {0};
    memcpy(key.name, name.data, name.size);
    memcpy(key.public_key, public_key, PUBLIC_KEY_SIZE);
    key.id = key_id(&key);
    *ret_key = key;
    return RESULT_OK;
}

bool verifier_key_equal(const struct verifier_key *a, const struct verifier_key *b)
{
    return strcmp(a->name, b->name) == 0 && a->id == b->id &&
           memcmp(a->public_key, b->public_key, PUBLIC_KEY_SIZE) == 0;
}

/* Takes NAME+hhhhhhhh+BASE64 apart. The bytes go to the caller alone, who may have to wipe them. */
static RESULT read_parts(struct slice text, struct slice *ret_name, uint32_t *ret_id,
                         uint8_t ret_bytes[static TYPED_KEY_SIZE])
{
    enum { TAIL = 1 + ID_LENGTH + 1 + TYPED_KEY_LENGTH };
    ENSURE(text.size > TAIL, KEY_FORM);
    const size_t length = text.size - TAIL;
    const uint8_t *tail = text.data + length;
    ENSURE(tail[0] == '+' && tail[1 + ID_LENGTH] == '+', KEY_FORM);
    uint8_t id[KEY_ID_SIZE];
    ENSURE(is_ok(hex_read_exactly(slice_make(tail + 1, ID_LENGTH), id, sizeof id)), KEY_FORM);
    size_t size = 0;
    const struct slice base64 = slice_make(tail + TAIL - TYPED_KEY_LENGTH, TYPED_KEY_LENGTH);
    ENSURE(is_ok(base64_read(base64, ret_bytes, TYPED_KEY_SIZE, &size)), KEY_FORM);
    ENSURE(size == TYPED_KEY_SIZE && ret_bytes[0] == TYPE_ED25519, KEY_FORM);
    *ret_name = slice_make(text.data, length);
    *ret_id = key_id_read(id);
    return RESULT_OK;
}

RESULT verifier_key_read(struct slice text, struct verifier_key *ret_key)
{
    struct slice name;
    uint32_t id = 0;
    uint8_t bytes[TYPED_KEY_SIZE];
    TRY(read_parts(text, &name, &id, bytes));
    struct verifier_key key;
    TRY(verifier_key_make(name, bytes + 1, &key));
    ENSURE(key.id == id, KEY_FORM);
    *ret_key = key;
    return RESULT_OK;
}

struct slice key_file_text(struct slice file)
{
    while (file.size > 0 && (file.data[file.size - 1] == '\n' || file.data[file.size - 1] == '\r'))
        file.size--;
    return file;
}

/* Writes NAME+hhhhhhhh+BASE64 of the type and 32 bytes. */
static void write_parts(const struct verifier_key *key, const uint8_t bytes[static PUBLIC_KEY_SIZE],
                        char text[static VERIFIER_KEY_TEXT_SIZE])
{
    uint8_t typed[TYPED_KEY_SIZE] = {TYPE_ED25519};
    memcpy(typed + 1, bytes, PUBLIC_KEY_SIZE);
    const size_t length = strlen(key->name);
    memcpy(text, key->name, length);
    snprintf(text + length, 1 + ID_LENGTH + 1 + 1, "+%08" PRIx32 "+", key->id);
    base64_write_secret(typed, sizeof typed, text + length + 1 + ID_LENGTH + 1);
    secret_wipe(typed, sizeof typed);
}

void verifier_key_write(const struct verifier_key *key, char text[static VERIFIER_KEY_TEXT_SIZE])
{
    write_parts(key, key->public_key, text);
}

RESULT seed_public_key(const uint8_t seed[static SEED_SIZE], uint8_t ret_public_key[static PUBLIC_KEY_SIZE])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    const int made = crypto_sign_seed_keypair(ret_public_key, secret, seed);
    secret_wipe(secret, sizeof secret);
    ENSURE(made == 0, INTERNAL);
    return RESULT_OK;
}

RESULT signing_key_make(struct slice name, const uint8_t seed[static SEED_SIZE], struct signing_key **ret_key)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = secret_new(sizeof *key);
    ENSURE(key != NULL, NO_MEMORY);
    uint8_t public_key[PUBLIC_KEY_SIZE];
    ENSURE(crypto_sign_seed_keypair(public_key, key->secret, seed) == 0, INTERNAL);
    TRY(verifier_key_make(name, public_key, &key->verifier));
    *ret_key = key;
    key = NULL;
    return RESULT_OK;
}

RESULT signing_key_read(struct slice text, struct signing_key **ret_key)
{
    ENSURE(slice_starts_with(text, SECRET_PREFIX), KEY_FORM);
    const size_t prefix = strlen(SECRET_PREFIX);
    struct slice name;
    uint32_t id = 0;
    uint8_t bytes[TYPED_KEY_SIZE];
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    struct result result = read_parts(slice_make(text.data + prefix, text.size - prefix), &name, &id, bytes);
    if (is_ok(result))
        result = signing_key_make(name, bytes + 1, &key);
    secret_wipe(bytes, sizeof bytes);
    TRY(result);
    ENSURE(key->verifier.id == id, KEY_FORM);
    *ret_key = key;
    key = NULL;
    return RESULT_OK;
}

void signing_key_write(const struct signing_key *key, struct buffer *out)
{
    /* libsodium's secret key begins with the seed. One append, so that a growing buffer leaves no half text behind. */
    char text[SIGNING_KEY_TEXT_SIZE] = SECRET_PREFIX;
    write_parts(&key->verifier, key->secret, text + strlen(SECRET_PREFIX));
    buffer_append_text(out, text);
    secret_wipe(text, sizeof text);
}

/* libsodium's secret key is the seed and the public half. */
void signing_key_seed(const struct signing_key *key, uint8_t ret_seed[static SEED_SIZE])
{
    memcpy(ret_seed, key->secret, SEED_SIZE);
}

const struct verifier_key *signing_key_verifier(const struct signing_key *key)
{
    return &key->verifier;
}

RESULT verifier_key_verify(const struct verifier_key *key, struct slice text,
                           const uint8_t signature[static SIGNATURE_SIZE])
{
    ENSURE(crypto_sign_verify_detached(signature, text.data, text.size, key->public_key) == 0, SIGNATURE_WRONG);
    return RESULT_OK;
}

void signing_key_sign(const struct signing_key *key, struct slice text, uint8_t ret_signature[static SIGNATURE_SIZE])
{
    /* Fails for no input: signing is deterministic and allocates nothing. */
    crypto_sign_detached(ret_signature, NULL, text.data, text.size, key->secret);
}

void signing_key_free(struct signing_key *key)
{
    secret_free(key);
}

void signing_key_cleanup(struct signing_key **key)
{
    signing_key_free(*key);
}
