/*
 * What a machine signs: its key, and the note around a request or a release.
 *
 * Always: such a note has one signature, by the key that its text names, and one spelling for each signature; so the
 * note is as canonical as its text.
 */
#include "note.h"

#include <string.h>

RESULT machine_key_make(const uint8_t seed[static SEED_SIZE], struct signing_key **ret_key)
{
    uint8_t public_key[PUBLIC_KEY_SIZE];
    char name[MACHINE_ID_TEXT_SIZE];
    TRY(seed_public_key(seed, public_key));
    const struct machine_id id = machine_id_of(public_key);
    machine_id_write(&id, name);
    return signing_key_make(slice_of(name), seed, ret_key);
}

RESULT machine_note_read(struct slice bytes, struct note *ret_note)
{
    ENSURE(bytes.size <= MACHINE_NOTE_MAX, TEXT_TOO_LONG);
    TRY(note_read(bytes, ret_note));
    ENSURE(ret_note->signature_count == 1, NOTE_FORM);
    return RESULT_OK;
}

RESULT machine_signature_verify(const struct machine_signature *signature, const struct verifier_key *machine_key)
{
    return verifier_key_verify(machine_key, signature->text, signature->bytes);
}

RESULT machine_note_check(const struct note *note, const struct verifier_key *machine_key)
{
    struct machine_signature signature = {.text = note->text};
    TRY(note_signature_of(note, machine_key, signature.bytes));
    return machine_signature_verify(&signature, machine_key);
}

RESULT machine_note_verify(struct slice bytes, const struct verifier_key *machine_key)
{
    struct note note;
    TRY(machine_note_read(bytes, &note));
    return machine_note_check(&note, machine_key);
}

RESULT machine_note_sign(struct slice text, const struct signing_key *machine_key, struct buffer *out)
{
    return note_sign(text, &machine_key, 1, out);
}
