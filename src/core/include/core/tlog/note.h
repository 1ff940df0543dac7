/*
 * Signed notes (C2SP signed-note v1.0.0) and the keys that sign them.
 *
 * A note is text that ends in a newline, an empty line, and signature lines. What is stricter here than in the
 * specification: spare bits of base64, upper-case hex, and repeated signatures by one key are refused. All functions
 * are thread-safe; a note borrows the bytes it was read from.
 */
#ifndef CORE_TLOG_NOTE_H
#define CORE_TLOG_NOTE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "core/limits.h"

enum {
    PUBLIC_KEY_SIZE = 32,
    SEED_SIZE = 32,
    SIGNATURE_SIZE = 64,
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

/* The secret half, in locked memory. */
struct signing_key;

/* The key of that name grown from a seed of 32 random bytes. KEY_FORM, NO_MEMORY. Yours to free. */
RESULT signing_key_make(struct slice name, const uint8_t seed[static SEED_SIZE], struct signing_key **ret_key);
/* Reads PRIVATE+KEY+NAME+hhhhhhhh+BASE64(0x01 and seed). KEY_FORM, NO_MEMORY. Yours to free. */
RESULT signing_key_read(struct slice text, struct signing_key **ret_key);
/* Appends that text (secret!) to the buffer; the caller wipes it. */
void signing_key_write(const struct signing_key *key, struct buffer *out);
/* Its public half; borrowed. */
const struct verifier_key *signing_key_verifier(const struct signing_key *key);
/* Wipes and frees; takes NULL. */
void signing_key_free(struct signing_key *key);
/* For __attribute__((cleanup)). */
void signing_key_cleanup(struct signing_key **key);
#define CLEANUP_SIGNING_KEY __attribute__((cleanup(signing_key_cleanup)))

struct note_signature {
    struct slice name;
    uint32_t key_id;
    struct slice base64; /* of key id and signature, as it stands in the note */
};

struct note {
    struct slice text; /* what was signed, with its final newline */
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
    size_t signature_count;
};

/* Takes a note apart; checks its form and no signature. NOTE_FORM, TEXT_EMPTY, TEXT_NOT_UTF8, TEXT_TOO_LONG, BASE64. */
RESULT note_read(struct slice bytes, struct note *ret_note);

/* Checks the signatures by the given keys. SIGNER_UNKNOWN where none of them signed, SIGNATURE_WRONG where one that did
 * fails. *ret_signer (may be NULL) is the first of `keys` that signed, borrowed from the caller's array. */
RESULT note_verify(const struct note *note, const struct verifier_key *keys, size_t key_count,
                   const struct verifier_key **ret_signer);

/* Both in one: the text of a note that one of the keys signed. *ret_text borrows from `bytes`. */
RESULT note_open(struct slice bytes, const struct verifier_key *keys, size_t key_count, struct slice *ret_text,
                 const struct verifier_key **ret_signer);

/* Appends the note of that text, signed by each key in turn. The text must end in a newline (NOTE_FORM). */
RESULT note_sign(struct slice text, const struct signing_key *const *keys, size_t key_count, struct buffer *out);

#endif
