/*
 * Keys that sign notes: Ed25519, with a name, in the text forms of C2SP's signed-note. Pure, thread-safe; the secret
 * half lies in locked memory.
 */
#ifndef CORE_TLOG_KEYS_H
#define CORE_TLOG_KEYS_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "core/limits.h"

enum {
    PUBLIC_KEY_SIZE = 32,
    SEED_SIZE = 32,
    SIGNATURE_SIZE = 64,
    KEY_ID_SIZE = 4,
    /* NAME+hhhhhhhh+BASE64(type and key), and a final zero. */
    VERIFIER_KEY_TEXT_SIZE = KEY_NAME_SIZE + 1 + 8 + 1 + 44,
};

/* The public half of a key: who may have signed. */
struct verifier_key {
    char name[KEY_NAME_SIZE];
    uint32_t id; /* first 4 bytes of SHA-256(name, newline, type, key), big-endian */
    uint8_t public_key[PUBLIC_KEY_SIZE];
};

/* Reads NAME+hhhhhhhh+BASE64. KEY_FORM for anything else, for a hash that is not the key's, and for another type than
 * Ed25519 (0x01). */
RESULT verifier_key_read(struct slice text, struct verifier_key *ret_key);
/* Writes it, with a final zero. */
void verifier_key_write(const struct verifier_key *key, char text[static VERIFIER_KEY_TEXT_SIZE]);
/* The key of that name and those 32 bytes. KEY_FORM where the name is empty, too long, or has a '+' or a space. */
RESULT verifier_key_make(struct slice name, const uint8_t public_key[static PUBLIC_KEY_SIZE],
                         struct verifier_key *ret_key);
bool verifier_key_equal(const struct verifier_key *a, const struct verifier_key *b);

/* The text of a key in a file that holds one, or in what a person pasted: without the line end, or line ends, behind
 * it. Borrowed from `file`. Every file of a key is read through this. */
struct slice key_file_text(struct slice file);

/* The secret half, in locked memory. */
struct signing_key;

/* The key of that name grown from a seed of 32 random bytes. KEY_FORM, NO_MEMORY. Yours to free. */
RESULT signing_key_make(struct slice name, const uint8_t seed[static SEED_SIZE], struct signing_key **ret_key);
/* Reads PRIVATE+KEY+NAME+hhhhhhhh+BASE64(0x01 and seed). KEY_FORM, NO_MEMORY. Yours to free. */
RESULT signing_key_read(struct slice text, struct signing_key **ret_key);
/* Appends that text (secret!) to the buffer; the caller wipes it. */
void signing_key_write(const struct signing_key *key, struct buffer *out);
/* The seed that it was grown from; into secret memory. */
void signing_key_seed(const struct signing_key *key, uint8_t ret_seed[static SEED_SIZE]);
/* Its public half; borrowed. */
const struct verifier_key *signing_key_verifier(const struct signing_key *key);
/* Wipes and frees; takes NULL. */
void signing_key_free(struct signing_key *key);
/* For __attribute__((cleanup)). */
void signing_key_cleanup(struct signing_key **key);
#define CLEANUP_SIGNING_KEY __attribute__((cleanup(signing_key_cleanup)))

/* For note.c: a note's own form has names, ids and signatures in it. */

/* Not empty, UTF-8, no control byte, no '+', no Unicode space. Its length is the caller's matter. */
bool key_name_valid(struct slice name);

/* The public half of the key grown from that seed. INTERNAL. */
RESULT seed_public_key(const uint8_t seed[static SEED_SIZE], uint8_t ret_public_key[static PUBLIC_KEY_SIZE]);
/* Whether it is that key's signature of the text: SIGNATURE_WRONG. */
RESULT verifier_key_verify(const struct verifier_key *key, struct slice text,
                           const uint8_t signature[static SIGNATURE_SIZE]);
/* Signs with a key, whose inside only keys.c knows. */
void signing_key_sign(const struct signing_key *key, struct slice text, uint8_t ret_signature[static SIGNATURE_SIZE]);

/* Ids are big-endian wherever they stand as bytes. */
static inline uint32_t key_id_read(const uint8_t bytes[static KEY_ID_SIZE])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void key_id_write(uint32_t id, uint8_t bytes[static KEY_ID_SIZE])
{
    for (unsigned i = 0; i < KEY_ID_SIZE; i++)
        bytes[i] = (uint8_t)(id >> (24 - 8 * i));
}

#endif
