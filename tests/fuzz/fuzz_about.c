/* What machines tell of themselves, from arbitrary bytes: what is read has that one spelling and shows what it is, and
 * what is opened is what is read. */
#include "base/secret.h"
#include "core/documents/documents.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_says(const struct about_says *says)
{
    assert(says->name[0] == 0 || is_ok(about_text_check(slice_of(says->name), sizeof says->name - 1)));
    assert(says->version[0] == 0 || is_ok(about_text_check(slice_of(says->version), sizeof says->version - 1)));
    assert(says->data_count <= ABOUT_DATA_MAX);
    struct about_says again = {.name = ""};
    for (size_t i = says->data_count; i > 0; i--) {
        const struct about_datum *const datum = &says->data[i - 1];
        assert(is_ok(about_attach(&again, slice_of(datum->key), slice_of(datum->value))));
    }
    for (size_t i = 0; i < says->data_count; i++)
        assert(strcmp(again.data[i].key, says->data[i].key) == 0 &&
               strcmp(again.data[i].value, says->data[i].value) == 0);
}

static void try_text(struct slice text)
{
    struct about about;
    CLEANUP_BUFFER struct buffer again = buffer_make(DOCUMENT_MAX);
    if (!is_ok(about_read(text, &about)))
        return;
    assert(is_ok(about_write(&about, &again)) && slice_equal(buffer_slice(&again), text));
    check_says(&about.says);
}

/* By the key that signed the seed, beside the request that it names. */
static void try_note(struct slice bytes)
{
    static const uint8_t seed[SEED_SIZE] = {'M'};
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    struct note note;
    struct about about;
    struct about opened;
    const struct result read = note_read(bytes, &note);
    if (!is_ok(read) || !is_ok(about_read(note.text, &about)) || !is_ok(machine_key_make(seed, &key)))
        return;
    try_text(note.text);
    if (is_ok(about_open(bytes, signing_key_verifier(key), &about.request, &opened))) {
        CLEANUP_BUFFER struct buffer again = buffer_make(DOCUMENT_MAX);
        assert(is_ok(about_write(&opened, &again)) && slice_equal(buffer_slice(&again), note.text));
        assert(bytes.size <= ABOUT_NOTE_MAX && note.signature_count == 1);
    }
    about.request.bytes[0] ^= 1;
    assert(!is_ok(about_open(bytes, signing_key_verifier(key), &about.request, &opened)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!is_ok(secret_start()))
        return 0;
    try_text(slice_make(data, size));
    try_note(slice_make(data, size));
    return 0;
}
