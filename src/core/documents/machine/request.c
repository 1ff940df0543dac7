/* Request: a machine asks for a lease. Machine -> host, signed by the machine (note.c). Schema, reader, writer. */
#include "core/form/form.h"
#include "note.h"

static const char *const states[] = {
    [STATE_UNLICENSED] = "unlicensed",     [STATE_GRACE] = "grace",
    [STATE_LICENSED] = "licensed",         [STATE_EXPIRED_GRACE] = "expired-grace",
    [STATE_NOTIFICATION] = "notification",
};

const char *machine_state_name(enum machine_state state)
{
    return states[state];
}

static void request_form(struct form *form, void *document)
{
    static const char *const counted[] = {"counted"};
    struct request *request = document;
    unsigned index = 0;
    form_begin(form, "request");
    form_id(form, "vendor", request->vendor);
    form_id(form, "product", request->product);
    form_id(form, "edition", request->edition);
    if (form_optional(form, "mode", &request->counted))
        form_choice(form, "mode", counted, 1, &index);
    form_machine_key(form, "machine-key", &request->machine_key, &request->machine);
    form_verifier_key(form, "host-key", &request->host_key);
    form_host_key_name(form, &request->host_key, NULL, request->vendor);
    form_number(form, "number", &request->number, 1, INT64_MAX);
    form_time(form, "time", &request->time);
    form_choice(form, "state", states, sizeof states / sizeof states[0], &request->state);
    form_hardware(form, &request->hardware);
    form_seen(form, &request->seen, &request->host_key);
    form_extensions(form, &request->extensions);
}

RESULT request_read(struct slice text, struct request *ret_request)
{
    return form_read(text, request_form, ret_request, sizeof *ret_request);
}

RESULT request_write(const struct request *request, struct buffer *out)
{
    return form_write(request_form, request, out);
}

/* The key stands in the text that it signs, so the text is read first. */
static RESULT read_signed(struct slice bytes, struct machine_signature *signature, struct request *ret_request)
{
    struct note note;
    TRY(machine_note_read(bytes, &note));
    TRY(request_read(note.text, ret_request));
    signature->text = note.text;
    return note_signature_of(&note, &ret_request->machine_key, signature->bytes);
}

RESULT request_parse(struct slice bytes, struct machine_signature *ret_signature, struct request *ret_request)
{
    struct machine_signature signature;
    struct request request;
    TRY(read_signed(bytes, &signature, &request));
    if (ret_signature != NULL)
        *ret_signature = signature;
    *ret_request = request;
    return RESULT_OK;
}

RESULT request_open(struct slice bytes, struct request *ret_request)
{
    struct machine_signature signature;
    struct request request;
    TRY(read_signed(bytes, &signature, &request));
    TRY(machine_signature_verify(&signature, &request.machine_key));
    *ret_request = request;
    return RESULT_OK;
}
