/*
 * About: what the operator may see of a machine and no ledger holds. Machine -> host, beside a request, signed by the
 * key that signed that (note.c). Schema, reader, writer.
 *
 * Always: it is of one request alone, whose note's hash it names, so that beside any other it is nothing.
 */
#include "core/form/form.h"
#include "note.h"

#include <string.h>

/* ---- its texts ---- */

RESULT about_key_check(struct slice text)
{
    return name_check(text, ABOUT_KEY_SIZE - 1);
}

/* Nothing in it changes how what stands beside it is shown. */
RESULT about_text_check(struct slice text, size_t max)
{
    TRY(printable_check(text, max));
    while (text.size > 0) {
        const size_t length = utf8_length(text);
        ENSURE(!utf8_is_control(slice_make(text.data, length)), DOCUMENT_VALUE);
        text = slice_make(text.data + length, text.size - length);
    }
    return RESULT_OK;
}

void form_visible_text(struct form *form, const char *key, char *text, size_t capacity)
{
    struct slice value;
    bool present = text[0] != 0;
    if (!form_optional(form, key, &present))
        return;
    if (form_writing(form)) {
        value = slice_make(text, strnlen(text, capacity));
        form_put(form, key, value, about_text_check(value, capacity - 1));
    } else if (form_take(form, key, &value)) {
        const struct result valid = about_text_check(value, capacity - 1);
        form_keep(form, is_ok(valid) ? slice_copy_text(value, text, capacity) : valid);
    }
}

/* ---- what the product attaches ---- */

RESULT about_datum_read(struct slice text, struct about_datum *ret_datum)
{
    const uint8_t *space = text.size == 0 ? NULL : memchr(text.data, ' ', text.size);
    ENSURE(space != NULL, DOCUMENT_VALUE);
    const struct slice key = slice_make(text.data, (size_t)(space - text.data));
    const struct slice value = slice_make(space + 1, text.size - key.size - 1);
    struct about_datum datum = {.key = ""};
    TRY(about_key_check(key));
    TRY(about_text_check(value, sizeof datum.value - 1));
    TRY(slice_copy_text(key, datum.key, sizeof datum.key));
    TRY(slice_copy_text(value, datum.value, sizeof datum.value));
    *ret_datum = datum;
    return RESULT_OK;
}

static void form_datum(struct form *form, struct about_datum *datum)
{
    struct slice text;
    if (form_writing(form)) {
        struct about_datum again;
        struct buffer written CLEANUP_BUFFER = buffer_make(sizeof *datum);
        buffer_append(&written, datum->key, strnlen(datum->key, sizeof datum->key));
        buffer_append_byte(&written, ' ');
        buffer_append(&written, datum->value, strnlen(datum->value, sizeof datum->value));
        const struct result valid = buffer_status(&written);
        form_put(form, "data", buffer_slice(&written),
                 is_ok(valid) ? about_datum_read(buffer_slice(&written), &again) : valid);
    } else if (form_take(form, "data", &text)) {
        form_keep(form, about_datum_read(text, datum));
    }
}

void form_about(struct form *form, struct about_says *says)
{
    form_visible_text(form, "name", says->name, sizeof says->name);
    form_visible_text(form, "version", says->version, sizeof says->version);
    for (size_t i = 0; form_next(form, "data", i, &says->data_count, ABOUT_DATA_MAX); i++) {
        form_datum(form, &says->data[i]);
        if (i > 0)
            form_ascending(form, says->data[i - 1].key, says->data[i].key);
    }
}

RESULT about_attach(struct about_says *says, struct slice key, struct slice value)
{
    struct about_datum datum = {.key = ""};
    ENSURE(is_ok(about_key_check(key)) && is_ok(about_text_check(value, sizeof datum.value - 1)), DOCUMENT_VALUE);
    TRY(slice_copy_text(key, datum.key, sizeof datum.key));
    TRY(slice_copy_text(value, datum.value, sizeof datum.value));
    size_t place = 0;
    while (place < says->data_count && strcmp(says->data[place].key, datum.key) < 0)
        place++;
    ENSURE(place == says->data_count || strcmp(says->data[place].key, datum.key) != 0, DOCUMENT_DUPLICATE_KEY);
    ENSURE(says->data_count < ABOUT_DATA_MAX, DOCUMENT_LIMIT);
    memmove(&says->data[place + 1], &says->data[place], (says->data_count - place) * sizeof datum);
    says->data[place] = datum;
    says->data_count++;
    return RESULT_OK;
}

/* ---- the document ---- */

static void about_form(struct form *form, void *document)
{
    struct about *about = document;
    form_begin(form, "about");
    form_bytes(form, "request", about->request.bytes, HASH_SIZE);
    form_about(form, &about->says);
    form_extensions(form, &about->extensions);
}

RESULT about_read(struct slice text, struct about *ret_about)
{
    return form_read(text, about_form, ret_about, sizeof *ret_about);
}

RESULT about_write(const struct about *about, struct buffer *out)
{
    return form_write(about_form, about, out);
}

RESULT about_open(struct slice bytes, const struct verifier_key *machine_key, const struct hash *request_note,
                  struct about *ret_about)
{
    struct note note;
    struct about about;
    ENSURE(bytes.size <= ABOUT_NOTE_MAX, TEXT_TOO_LONG);
    TRY(machine_note_read(bytes, &note));
    TRY(about_read(note.text, &about));
    ENSURE(hash_equal(&about.request, request_note), DOCUMENT_VALUE);
    TRY(machine_note_check(&note, machine_key));
    *ret_about = about;
    return RESULT_OK;
}
