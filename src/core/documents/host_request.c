/* Host request: a new host asks a vendor for licenses. Host -> vendor, signed by the new host key. Schema, reader,
 * writer. */
#include "core/form/form.h"

static void host_request_form(struct form *form, void *document)
{
    struct host_request *request = document;
    form_begin(form, "host-request");
    form_host_name(form, "host", request->host);
    form_id(form, "vendor", request->vendor);
    form_text(form, "customer", request->customer, sizeof request->customer);
    form_verifier_key(form, "host-key", &request->host_key);
    form_host_key_name(form, &request->host_key, request->host, request->vendor);
    form_time(form, "created", &request->created);
    form_extensions(form, &request->extensions);
}

RESULT host_request_read(struct slice text, struct host_request *ret_request)
{
    return form_read(text, host_request_form, ret_request, sizeof *ret_request);
}

RESULT host_request_write(const struct host_request *request, struct buffer *out)
{
    return form_write(host_request_form, request, out);
}

/* The key stands in the text that it signs, so the text is read first. */
RESULT host_request_open(struct slice note, struct host_request *ret_request)
{
    struct note parts;
    TRY(note_read(note, &parts));
    struct host_request request;
    TRY(host_request_read(parts.text, &request));
    TRY(note_verify(&parts, &request.host_key, 1, NULL));
    *ret_request = request;
    return RESULT_OK;
}
