/*
 * The vendor's secret key as a file: sealed with a passphrase, or in plain.
 *
 *   aval sealed-key v1
 *   key NAME+hhhhhhhh+BASE64      the public half, so that a file can be told from another without opening it
 *   ops N                         passes of Argon2id
 *   mem N                         its memory in KiB (of bytes, which Argon2 rounds down, two spellings would open)
 *   salt BASE64                   16 bytes
 *   nonce BASE64                  24 bytes
 *   box BASE64                    crypto_secretbox of the 32-byte seed
 *
 * The plain form is PRIVATE+KEY+NAME+hhhhhhhh+BASE64 and a newline.
 *
 * Always: seeds, passphrases and derived keys lie in memory from secret_new; what is opened is the key that the file
 * names. Nothing here asks for randomness: salt and nonce come in. Thread-safe.
 */
#ifndef DESK_SEAL_H
#define DESK_SEAL_H

#include "core/tlog/note.h"

enum {
    SEAL_SALT_SIZE = 16,
    SEAL_NONCE_SIZE = 24,
    SEAL_BOX_SIZE = SEED_SIZE + 16,
    SEAL_OPS_MAX = 16,          /* some ten seconds; a file that asks for more is no file of ours */
    SEAL_MEM_MIN = 8,           /* KiB; the least that Argon2 takes */
    SEAL_MEM_MAX = 1024 * 1024, /* KiB; 1 GiB */
    SEAL_OPS_DEFAULT = 3,
    SEAL_MEM_DEFAULT = 256 * 1024, /* KiB; both are libsodium's "moderate" */
    KEY_FILE_MAX = 1024,           /* bytes of either form */
    PASSPHRASE_MAX = 1024,         /* bytes */
    /* PRIVATE+KEY+NAME+hhhhhhhh+BASE64, newline, zero */
    PLAIN_KEY_SIZE = 12 + VERIFIER_KEY_TEXT_SIZE + 1,
};

struct sealed_key {
    struct verifier_key key;
    uint64_t ops;
    uint64_t mem; /* KiB */
    uint8_t salt[SEAL_SALT_SIZE];
    uint8_t nonce[SEAL_NONCE_SIZE];
    uint8_t box[SEAL_BOX_SIZE];
};

/* Reader and writer. TEXT_EMPTY, DOCUMENT_TYPE, DOCUMENT_VERSION, DOCUMENT_MISSING_KEY, DOCUMENT_VALUE (a cost beyond
 * its limits), KEY_FORM, BASE64, TEXT_*, with the line. */
RESULT sealed_key_read(struct slice text, struct sealed_key *ret_sealed);
void sealed_key_write(const struct sealed_key *sealed, struct buffer *out);
/* Whether the text begins as one; says nothing about the rest. */
bool sealed_key_begins(struct slice text);

/* Fills in the box from the other members, which the caller has set. NO_MEMORY. */
RESULT seal(struct sealed_key *sealed, const uint8_t seed[static SEED_SIZE], const char *passphrase);
/* SECRET_KEY_LOCKED where the passphrase does not open it; KEY_FORM where what is inside is another key than the one
 * named; NO_MEMORY. *ret_key is yours to free. */
RESULT unseal(const struct sealed_key *sealed, const char *passphrase, struct signing_key **ret_key);

/* The plain form with its newline; `ret_text` is secret memory of PLAIN_KEY_SIZE. NO_MEMORY. */
RESULT plain_key_write(const struct verifier_key *key, const uint8_t seed[static SEED_SIZE], char *ret_text);
/* Reads it, as a file has it. KEY_FORM, NO_MEMORY. */
RESULT plain_key_read(struct slice text, struct signing_key **ret_key);

#endif
