/* Request: a machine asks for a lease. Machine -> host, not signed. Schema, reader, writer. */
#include "core/form/form.h"

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
    struct request *request = document;
    form_begin(form, "request");
    form_id(form, "vendor", request->vendor);
    form_id(form, "product", request->product);
    form_id(form, "edition", request->edition);
    form_machine(form, "machine", &request->machine);
    form_hardware(form, &request->hardware);
    form_bytes(form, "nonce", request->nonce.bytes, NONCE_SIZE);
    form_bytes(form, "lock", request->lock.bytes, HASH_SIZE);
    form_time(form, "time", &request->time);
    form_choice(form, "state", states, sizeof states / sizeof states[0], &request->state);
    form_number(form, "seen", &request->seen, 0, UINT64_MAX);
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
