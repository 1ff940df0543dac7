/* The sealed and the plain form of the secret key; see seal.h. */
#include "desk/seal.h"

#include "base/cursor.h"
#include "base/secret.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

_Static_assert(SEAL_SALT_SIZE == crypto_pwhash_SALTBYTES, "Argon2id's salt");
_Static_assert(SEAL_NONCE_SIZE == crypto_secretbox_NONCEBYTES, "the box's nonce");
_Static_assert(SEAL_BOX_SIZE == SEED_SIZE + crypto_secretbox_MACBYTES, "the box of a seed");

static const char FIRST_WORDS[] = "aval sealed-key ";

static void secret_cleanup(uint8_t **secret)
{
    secret_free(*secret);
}
#define CLEANUP_SECRET __attribute__((cleanup(secret_cleanup)))

/* For failures of the line that was just read. */
static void line_failed(struct cursor *cursor, struct result why)
{
    if (!is_ok(why))
        cursor_fail(cursor, result_at(why, cursor->line - 1));
}

/* The value of the next line, which must begin with that key and a space. */
static struct slice value_of(struct cursor *cursor, const char *key)
{
    const struct slice line = cursor_line(cursor);
    const size_t length = strlen(key);
    if (!slice_starts_with(line, key) || line.size <= length || line.data[length] != ' ') {
        line_failed(cursor, FAIL(DOCUMENT_MISSING_KEY));
        return slice_of("");
    }
    return slice_make(line.data + length + 1, line.size - length - 1);
}

static void read_cost(struct cursor *cursor, const char *key, uint64_t least, uint64_t most, uint64_t *ret_cost)
{
    line_failed(cursor, decimal_read(value_of(cursor, key), most, ret_cost));
    if (!cursor_failed(cursor) && *ret_cost < least)
        line_failed(cursor, FAIL(DOCUMENT_VALUE));
}

static void read_bytes(struct cursor *cursor, const char *key, uint8_t *ret_bytes, size_t size)
{
    line_failed(cursor, base64_read_exactly(value_of(cursor, key), ret_bytes, size));
}

bool sealed_key_begins(struct slice text)
{
    return slice_starts_with(text, FIRST_WORDS);
}

RESULT sealed_key_read(struct slice text, struct sealed_key *ret_sealed)
{
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= KEY_FILE_MAX, TEXT_TOO_LONG);
    struct cursor cursor = cursor_make(text);
    struct sealed_key sealed = {0};
    const struct slice first = cursor_line(&cursor);
    if (!slice_starts_with(first, FIRST_WORDS))
        line_failed(&cursor, FAIL(DOCUMENT_TYPE));
    else if (!slice_is(first, "aval sealed-key v1"))
        line_failed(&cursor, FAIL(DOCUMENT_VERSION));
    line_failed(&cursor, verifier_key_read(value_of(&cursor, "key"), &sealed.key));
    read_cost(&cursor, "ops", 1, SEAL_OPS_MAX, &sealed.ops);
    read_cost(&cursor, "mem", SEAL_MEM_MIN, SEAL_MEM_MAX, &sealed.mem);
    read_bytes(&cursor, "salt", sealed.salt, sizeof sealed.salt);
    read_bytes(&cursor, "nonce", sealed.nonce, sizeof sealed.nonce);
    read_bytes(&cursor, "box", sealed.box, sizeof sealed.box);
    TRY(cursor_finish(&cursor));
    *ret_sealed = sealed;
    return RESULT_OK;
}

static void append_bytes(struct buffer *out, const char *key, const uint8_t *bytes, size_t size)
{
    buffer_printf(out, "%s ", key);
    buffer_append_base64(out, bytes, size);
    buffer_append_byte(out, '\n');
}

void sealed_key_write(const struct sealed_key *sealed, struct buffer *out)
{
    char key[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(&sealed->key, key);
    buffer_printf(out, "%sv1\nkey %s\nops %llu\nmem %llu\n", FIRST_WORDS, key, (unsigned long long)sealed->ops,
                  (unsigned long long)sealed->mem);
    append_bytes(out, "salt", sealed->salt, sizeof sealed->salt);
    append_bytes(out, "nonce", sealed->nonce, sizeof sealed->nonce);
    append_bytes(out, "box", sealed->box, sizeof sealed->box);
}

/* The key of the box; in secret memory, yours to free. */
static RESULT derive(const struct sealed_key *sealed, const char *passphrase, uint8_t **ret_key)
{
    uint8_t *key = secret_new(crypto_secretbox_KEYBYTES);
    ENSURE(key != NULL, NO_MEMORY);
    if (crypto_pwhash(key, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), sealed->salt, sealed->ops,
                      (size_t)sealed->mem * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        secret_free(key);
        return FAIL(NO_MEMORY);
    }
    *ret_key = key;
    return RESULT_OK;
}

RESULT seal(struct sealed_key *sealed, const uint8_t seed[static SEED_SIZE], const char *passphrase)
{
    uint8_t *key CLEANUP_SECRET = NULL;
    TRY(derive(sealed, passphrase, &key));
    crypto_secretbox_easy(sealed->box, seed, SEED_SIZE, sealed->nonce, key);
    return RESULT_OK;
}

RESULT unseal(const struct sealed_key *sealed, const char *passphrase, struct signing_key **ret_key)
{
    uint8_t *box_key CLEANUP_SECRET = NULL;
    TRY(derive(sealed, passphrase, &box_key));
    uint8_t *seed CLEANUP_SECRET = secret_new(SEED_SIZE);
    ENSURE(seed != NULL, NO_MEMORY);
    ENSURE(crypto_secretbox_open_easy(seed, sealed->box, SEAL_BOX_SIZE, sealed->nonce, box_key) == 0,
           SECRET_KEY_LOCKED);
    struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
    TRY(signing_key_make(slice_of(sealed->key.name), seed, &key));
    ENSURE(verifier_key_equal(signing_key_verifier(key), &sealed->key), KEY_FORM);
    *ret_key = key;
    key = NULL;
    return RESULT_OK;
}

RESULT plain_key_write(const struct verifier_key *key, const uint8_t seed[static SEED_SIZE], char *ret_text)
{
    enum { TYPED_SIZE = 1 + SEED_SIZE, TYPE_ED25519 = 1 };
    uint8_t *typed CLEANUP_SECRET = secret_new(TYPED_SIZE + BASE64_LENGTH(TYPED_SIZE) + 1);
    ENSURE(typed != NULL, NO_MEMORY);
    typed[0] = TYPE_ED25519;
    memcpy(typed + 1, seed, SEED_SIZE);
    char *base64 = (char *)typed + TYPED_SIZE;
    base64_write_secret(typed, TYPED_SIZE, base64);
    (void)snprintf(ret_text, PLAIN_KEY_SIZE, "PRIVATE+KEY+%s+%08x+%s\n", key->name, key->id, base64);
    return RESULT_OK;
}

RESULT plain_key_read(struct slice text, struct signing_key **ret_key)
{
    return signing_key_read(key_file_text(text), ret_key);
}
