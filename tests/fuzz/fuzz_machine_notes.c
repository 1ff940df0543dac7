/* What machines sign, from arbitrary bytes: a note that is read is its text and one signature, spelled in one way; and
 * one that is opened is one that is read. */
#include "base/secret.h"
#include "core/documents/documents.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The note again, from what was read of it. */
static bool is_written_again(struct slice bytes, struct slice text, const struct verifier_key *machine_key)
{
    struct note note;
    uint8_t id_and_signature[KEY_ID_SIZE + SIGNATURE_SIZE];
    CLEANUP_BUFFER struct buffer again = buffer_make(MACHINE_NOTE_MAX);
    assert(is_ok(note_read(bytes, &note)) && slice_equal(note.text, text));
    for (size_t i = 0; i < KEY_ID_SIZE; i++)
        id_and_signature[i] = (uint8_t)(machine_key->id >> 8 * (KEY_ID_SIZE - 1 - i));
    assert(is_ok(note_signature_of(&note, machine_key, id_and_signature + KEY_ID_SIZE)));
    buffer_append_slice(&again, text);
    buffer_printf(&again, "\n\xe2\x80\x94 %s ", machine_key->name);
    buffer_append_base64(&again, id_and_signature, sizeof id_and_signature);
    buffer_append_byte(&again, '\n');
    return is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes);
}

static void try_request(struct slice bytes)
{
    struct request request;
    struct request opened;
    memset(&opened, 0, sizeof opened);
    const struct result open = request_open(bytes, &opened);
    if (!is_ok(request_parse(bytes, NULL, &request))) {
        assert(!is_ok(open));
        return;
    }
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    assert(is_ok(request_write(&request, &text)));
    assert(is_written_again(bytes, buffer_slice(&text), &request.machine_key));
    assert(is_ok(open) == is_ok(machine_note_verify(bytes, &request.machine_key)));
    assert(!is_ok(open) || opened.number == request.number);
}

static void try_release(struct slice bytes)
{
    struct release release;
    struct release opened;
    memset(&opened, 0, sizeof opened);
    const struct result open = release_open(bytes, &opened);
    if (!is_ok(release_parse(bytes, NULL, &release))) {
        assert(!is_ok(open));
        return;
    }
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    assert(is_ok(release_write(&release, &text)));
    assert(is_written_again(bytes, buffer_slice(&text), &release.machine_key));
    assert(is_ok(open) == is_ok(machine_note_verify(bytes, &release.machine_key)));
    assert(!is_ok(open) || opened.number == release.number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!is_ok(secret_start()))
        return 0;
    try_request(slice_make(data, size));
    try_release(slice_make(data, size));
    return 0;
}
