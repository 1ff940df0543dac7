/*
 * Signed notes: taken apart, verified, and made. See note.h.
 *
 * Always: a note that was read can be written again from its parts, byte for byte. What unknown keys say in it, of
 * whatever type and length and how often, changes nothing but its size.
 */
#include "core/tlog/note.h"

#include <string.h>

enum {
    DASH_SIZE = 4,
    KEY_ID_BASE64 = 8, /* characters of base64 in which the key id lies: whole groups of four */
    ID_AND_SIGNATURE_SIZE = KEY_ID_SIZE + SIGNATURE_SIZE,
};

/* U+2014 and a space begin each signature line. */
static const char dash[] = "\xe2\x80\x94 ";

/* Valid UTF-8 without control bytes but newline, and a newline at the end. */
static RESULT check_text(struct slice text)
{
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= NOTE_MAX, TEXT_TOO_LONG);
    size_t line = 1;
    for (size_t i = ascii_length(text); i < text.size; i += ascii_length(slice_make(text.data + i, text.size - i))) {
        const struct slice rest = slice_make(text.data + i, text.size - i);
        const size_t length = utf8_length(rest);
        ENSURE(length > 0, TEXT_NOT_UTF8);
        if (text.data[i] == '\n')
            line++;
        else if (text.data[i] < ' ')
            return utf8_valid(rest) ? FAIL_AT(NOTE_FORM, line) : FAIL(TEXT_NOT_UTF8);
        i += length;
    }
    if (text.data[text.size - 1] != '\n')
        return FAIL_AT(NOTE_FORM, line);
    return RESULT_OK;
}

/* Where the text of a note ends: behind the newline before its last empty line. 0: there is none. */
static size_t text_size(struct slice bytes)
{
    for (size_t i = bytes.size - 1; i > 0; i--)
        if (bytes.data[i] == '\n' && bytes.data[i - 1] == '\n')
            return i;
    return 0;
}

static RESULT read_signature(struct slice line, struct note_signature *ret_signature)
{
    ENSURE(slice_starts_with(line, dash), NOTE_FORM);
    const struct slice rest = slice_make(line.data + DASH_SIZE, line.size - DASH_SIZE);
    const uint8_t *space = rest.size == 0 ? NULL : memchr(rest.data, ' ', rest.size);
    ENSURE(space != NULL, NOTE_FORM);
    struct note_signature signature = {.name = slice_make(rest.data, (size_t)(space - rest.data))};
    ENSURE(key_name_valid(signature.name), NOTE_FORM);
    signature.base64 = slice_make(space + 1, rest.size - signature.name.size - 1);
    size_t size = 0;
    TRY(base64_check(signature.base64, &size));
    ENSURE(size > KEY_ID_SIZE, NOTE_FORM);
    uint8_t begin[KEY_ID_BASE64 / 4 * 3];
    TRY(base64_read(slice_make(signature.base64.data, KEY_ID_BASE64), begin, sizeof begin, &size));
    signature.key_id = key_id_read(begin);
    *ret_signature = signature;
    return RESULT_OK;
}

/* The number of the line that begins there. */
static size_t line_at(struct slice bytes, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += bytes.data[i] == '\n';
    return line;
}

RESULT note_read(struct slice bytes, struct note *ret_note)
{
    TRY(check_text(bytes));
    struct note note;
    note.signature_count = 0;
    note.text = slice_make(bytes.data, text_size(bytes));
    ENSURE(note.text.size > 0, NOTE_FORM);
    for (size_t at = note.text.size + 1; at < bytes.size;) {
        if (note.signature_count == NOTE_SIGNATURES_MAX)
            return FAIL_AT(NOTE_FORM, line_at(bytes, at));
        /* check_text has seen the newline at the end. */
        const uint8_t *end = memchr(bytes.data + at, '\n', bytes.size - at);
        const size_t size = (size_t)(end - (bytes.data + at));
        struct note_signature signature;
        const struct result result = read_signature(slice_make(bytes.data + at, size), &signature);
        if (!is_ok(result))
            return result_at(result, line_at(bytes, at));
        note.signatures[note.signature_count++] = signature;
        at += size + 1;
    }
    ENSURE(note.signature_count > 0, NOTE_FORM);
    *ret_note = note;
    return RESULT_OK;
}

static RESULT verify_one(const struct note *note, const struct note_signature *signature,
                         const struct verifier_key *key)
{
    uint8_t bytes[ID_AND_SIGNATURE_SIZE];
    ENSURE(is_ok(base64_read_exactly(signature->base64, bytes, sizeof bytes)), SIGNATURE_WRONG);
    return verifier_key_verify(key, note->text, bytes + KEY_ID_SIZE);
}

/* The signature by that key, or NULL. NOTE_FORM where it signed twice: one of them may be wrong, and nobody would know
 * which counts. */
static RESULT signature_by(const struct note *note, const struct verifier_key *key,
                           const struct note_signature **ret_signature)
{
    const struct note_signature *found = NULL;
    for (size_t i = 0; i < note->signature_count; i++) {
        if (note->signatures[i].key_id != key->id || !slice_is(note->signatures[i].name, key->name))
            continue;
        ENSURE(found == NULL, NOTE_FORM);
        found = &note->signatures[i];
    }
    *ret_signature = found;
    return RESULT_OK;
}

RESULT note_verify(const struct note *note, const struct verifier_key *keys, size_t key_count,
                   const struct verifier_key **ret_signer)
{
    const struct verifier_key *signer = NULL;
    for (size_t i = 0; i < key_count; i++) {
        const struct note_signature *signature;
        TRY(signature_by(note, &keys[i], &signature));
        if (signature == NULL)
            continue;
        TRY(verify_one(note, signature, &keys[i]));
        if (signer == NULL)
            signer = &keys[i];
    }
    ENSURE(signer != NULL, SIGNER_UNKNOWN);
    if (ret_signer != NULL)
        *ret_signer = signer;
    return RESULT_OK;
}

RESULT note_signature_of(const struct note *note, const struct verifier_key *key,
                         uint8_t ret_signature[static SIGNATURE_SIZE])
{
    const struct note_signature *signature;
    uint8_t bytes[ID_AND_SIGNATURE_SIZE];
    TRY(signature_by(note, key, &signature));
    ENSURE(signature != NULL, SIGNER_UNKNOWN);
    ENSURE(is_ok(base64_read_exactly(signature->base64, bytes, sizeof bytes)), NOTE_FORM);
    memcpy(ret_signature, bytes + KEY_ID_SIZE, SIGNATURE_SIZE);
    return RESULT_OK;
}

RESULT note_open(struct slice bytes, const struct verifier_key *keys, size_t key_count, struct slice *ret_text,
                 const struct verifier_key **ret_signer)
{
    struct note note;
    TRY(note_read(bytes, &note));
    TRY(note_verify(&note, keys, key_count, ret_signer));
    *ret_text = note.text;
    return RESULT_OK;
}

static void append_signature(const struct verifier_key *key, const uint8_t signature[static SIGNATURE_SIZE],
                             struct buffer *out)
{
    uint8_t bytes[ID_AND_SIGNATURE_SIZE];
    key_id_write(key->id, bytes);
    memcpy(bytes + KEY_ID_SIZE, signature, SIGNATURE_SIZE);
    buffer_append_text(out, dash);
    buffer_append_text(out, key->name);
    buffer_append_byte(out, ' ');
    buffer_append_base64(out, bytes, sizeof bytes);
    buffer_append_byte(out, '\n');
}

RESULT note_join(struct slice text, const struct verifier_key *key, const uint8_t signature[static SIGNATURE_SIZE],
                 struct buffer *out)
{
    buffer_append_slice(out, text);
    buffer_append_byte(out, '\n');
    append_signature(key, signature, out);
    return buffer_status(out);
}

RESULT note_sign(struct slice text, const struct signing_key *const *keys, size_t key_count, struct buffer *out)
{
    ENSURE(key_count > 0 && key_count <= NOTE_SIGNATURES_MAX, NOTE_FORM);
    TRY(check_text(text));
    for (size_t i = 0; i < key_count; i++)
        for (size_t k = 0; k < i; k++)
            ENSURE(!verifier_key_equal(signing_key_verifier(keys[i]), signing_key_verifier(keys[k])), NOTE_FORM);
    buffer_append_slice(out, text);
    buffer_append_byte(out, '\n');
    for (size_t i = 0; i < key_count; i++) {
        uint8_t signature[SIGNATURE_SIZE];
        signing_key_sign(keys[i], text, signature);
        append_signature(signing_key_verifier(keys[i]), signature, out);
    }
    return buffer_status(out);
}
