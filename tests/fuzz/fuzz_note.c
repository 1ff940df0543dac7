/* Notes from arbitrary bytes: what is read can be written again from its parts, and verifying never crashes. */
#include "core/tlog/note.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct note note;
    if (!is_ok(note_read(bytes, &note)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(NOTE_MAX);
    buffer_append_slice(&again, note.text);
    buffer_append_byte(&again, '\n');
    for (size_t i = 0; i < note.signature_count; i++) {
        buffer_append_text(&again, "\xe2\x80\x94 ");
        buffer_append_slice(&again, note.signatures[i].name);
        buffer_append_byte(&again, ' ');
        buffer_append_slice(&again, note.signatures[i].base64);
        buffer_append_byte(&again, '\n');
    }
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));

    /* A known key of the first signature's name and id, so that the signature is looked into. */
    struct verifier_key key;
    static const uint8_t public_key[PUBLIC_KEY_SIZE] = {0x58, 0x66};
    if (!is_ok(verifier_key_make(note.signatures[0].name, public_key, &key)))
        return 0;
    key.id = note.signatures[0].key_id;
    assert(!is_ok(note_verify(&note, &key, 1, NULL)));
    return 0;
}
