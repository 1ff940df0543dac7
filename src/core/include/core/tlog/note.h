/*
 * Signed notes (C2SP signed-note v1.0.0); keys.h has what signs them.
 *
 * A note is text that ends in a newline, an empty line, and signature lines. What is stricter here than in the
 * specification: spare bits of base64, upper-case hex, and repeated signatures by one known key are refused; unknown
 * keys are ignored, whatever they say and how often. All functions are thread-safe; a note borrows the bytes it was
 * read from.
 */
#ifndef CORE_TLOG_NOTE_H
#define CORE_TLOG_NOTE_H

#include "core/tlog/keys.h"

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
 * fails, NOTE_FORM where one signed twice. *ret_signer (may be NULL) is the first of `keys` that signed, borrowed from
 * the caller's array. */
RESULT note_verify(const struct note *note, const struct verifier_key *keys, size_t key_count,
                   const struct verifier_key **ret_signer);

/* The signature by that key as it stands there, which is not verified. SIGNER_UNKNOWN where there is none, NOTE_FORM
 * where there are two or it is of another size. */
RESULT note_signature_of(const struct note *note, const struct verifier_key *key,
                         uint8_t ret_signature[static SIGNATURE_SIZE]);

/* Appends the note of that text with the key's signature of it, which is not verified. NO_MEMORY, TEXT_TOO_LONG. */
RESULT note_join(struct slice text, const struct verifier_key *key, const uint8_t signature[static SIGNATURE_SIZE],
                 struct buffer *out);

/* Both in one: the text of a note that one of the keys signed. *ret_text borrows from `bytes`. */
RESULT note_open(struct slice bytes, const struct verifier_key *keys, size_t key_count, struct slice *ret_text,
                 const struct verifier_key **ret_signer);

/* Appends the note of that text, signed by each key in turn. The text must end in a newline (NOTE_FORM). */
RESULT note_sign(struct slice text, const struct signing_key *const *keys, size_t key_count, struct buffer *out);

#endif
