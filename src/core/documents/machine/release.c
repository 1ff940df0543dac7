/*
 * Release: a machine gives its seat back. Machine -> host, signed by the machine (note.c).
 * Released: the host's record of it, a leaf of the ledger that carries the release as it was signed. Schemas, readers,
 * writers.
 */
#include "carried.h"
#include "note.h"

static void release_form(struct form *form, void *document)
{
    struct release *release = document;
    form_begin(form, "release");
    form_id(form, "license", release->license);
    form_machine_key(form, "machine-key", &release->machine_key, &release->machine);
    form_verifier_key(form, "host-key", &release->host_key);
    form_number(form, "number", &release->number, 1, INT64_MAX);
    form_time(form, "time", &release->time);
    form_seen(form, &release->seen, &release->host_key);
    form_extensions(form, &release->extensions);
}

RESULT release_read(struct slice text, struct release *ret_release)
{
    return form_read(text, release_form, ret_release, sizeof *ret_release);
}

RESULT release_write(const struct release *release, struct buffer *out)
{
    return form_write(release_form, release, out);
}

/* The key stands in the text that it signs, so the text is read first. */
static RESULT read_signed(struct slice bytes, struct machine_signature *signature, struct release *ret_release)
{
    struct note note;
    TRY(machine_note_read(bytes, &note));
    TRY(release_read(note.text, ret_release));
    signature->text = note.text;
    return note_signature_of(&note, &ret_release->machine_key, signature->bytes);
}

RESULT release_parse(struct slice bytes, struct machine_signature *ret_signature, struct release *ret_release)
{
    struct machine_signature signature;
    struct release release;
    TRY(read_signed(bytes, &signature, &release));
    if (ret_signature != NULL)
        *ret_signature = signature;
    *ret_release = release;
    return RESULT_OK;
}

RESULT release_open(struct slice bytes, struct release *ret_release)
{
    struct machine_signature signature;
    struct release release;
    TRY(read_signed(bytes, &signature, &release));
    TRY(machine_signature_verify(&signature, &release.machine_key));
    *ret_release = release;
    return RESULT_OK;
}

static void released_form(struct form *form, void *document)
{
    struct released *released = document;
    form_begin(form, "released");
    form_time(form, "released", &released->released);
    form_extensions(form, &released->extensions);
}

RESULT released_read(struct slice text, struct released *ret_released, struct slice *ret_note)
{
    struct released released;
    struct slice note;
    const struct slice head = document_head(text, &note);
    TRY(form_read(head, released_form, &released, sizeof released));
    TRY(carried_result(head, note, release_parse(note, NULL, &released.release)));
    *ret_released = released;
    *ret_note = note;
    return RESULT_OK;
}

RESULT released_write(const struct released *released, struct slice release_note, struct buffer *out)
{
    return carried_write(released_form, released, release_note, out);
}
