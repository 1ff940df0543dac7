/*
 * What a machine signs: its key, and the note around a request or a release.
 *
 * Always: such a note has one signature, by the key that its text names, and one spelling for each signature; so the
 * note is as canonical as its text.
 */
#include "base/hash.h"
#include "core/documents/documents.h"

#include <string.h>

struct machine_id machine_id_of(const uint8_t public_key[static PUBLIC_KEY_SIZE])
{
    struct machine_id id;
    const struct hash hash = hash_of(slice_make(public_key, PUBLIC_KEY_SIZE));
    memcpy(id.bytes, hash.bytes, MACHINE_ID_SIZE);
    return id;
}

RESULT machine_key_make(const uint8_t seed[static SEED_SIZE], struct signing_key **ret_key)
{
    uint8_t public_key[PUBLIC_KEY_SIZE];
    char name[MACHINE_ID_TEXT_SIZE];
    TRY(seed_public_key(seed, public_key));
    const struct machine_id id = machine_id_of(public_key);
    machine_id_write(&id, name);
    return signing_key_make(slice_of(name), seed, ret_key);
}

static RESULT take_apart(struct slice bytes, struct note *ret_note)
{
    ENSURE(bytes.size <= MACHINE_NOTE_MAX, TEXT_TOO_LONG);
    TRY(note_read(bytes, ret_note));
    ENSURE(ret_note->signature_count == 1, NOTE_FORM);
    return RESULT_OK;
}

static RESULT verify(const struct note *note, const struct verifier_key *machine_key)
{
    uint8_t signature[SIGNATURE_SIZE];
    TRY(note_signature_of(note, machine_key, signature));
    return verifier_key_verify(machine_key, note->text, signature);
}

RESULT machine_note_verify(struct slice bytes, const struct verifier_key *machine_key)
{
    struct note note;
    TRY(take_apart(bytes, &note));
    return verify(&note, machine_key);
}

RESULT machine_note_sign(struct slice text, const struct signing_key *machine_key, struct buffer *out)
{
    return note_sign(text, &machine_key, 1, out);
}

/* The key stands in the text that it signs, so the text is read first. */
static RESULT read_request(struct slice bytes, struct note *note, struct request *ret_request)
{
    uint8_t signature[SIGNATURE_SIZE];
    TRY(take_apart(bytes, note));
    TRY(request_read(note->text, ret_request));
    return note_signature_of(note, &ret_request->machine_key, signature);
}

static RESULT read_release(struct slice bytes, struct note *note, struct release *ret_release)
{
    uint8_t signature[SIGNATURE_SIZE];
    TRY(take_apart(bytes, note));
    TRY(release_read(note->text, ret_release));
    return note_signature_of(note, &ret_release->machine_key, signature);
}

RESULT request_parse(struct slice bytes, struct request *ret_request)
{
    struct note note;
    struct request request;
    TRY(read_request(bytes, &note, &request));
    *ret_request = request;
    return RESULT_OK;
}

RESULT release_parse(struct slice bytes, struct release *ret_release)
{
    struct note note;
    struct release release;
    TRY(read_release(bytes, &note, &release));
    *ret_release = release;
    return RESULT_OK;
}

RESULT request_open(struct slice bytes, struct request *ret_request)
{
    struct note note;
    struct request request;
    TRY(read_request(bytes, &note, &request));
    TRY(verify(&note, &request.machine_key));
    *ret_request = request;
    return RESULT_OK;
}

RESULT release_open(struct slice bytes, struct release *ret_release)
{
    struct note note;
    struct release release;
    TRY(read_release(bytes, &note, &release));
    TRY(verify(&note, &release.machine_key));
    *ret_release = release;
    return RESULT_OK;
}
