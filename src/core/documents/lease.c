/* Lease: one machine's right to run until a date. Host -> machine; a leaf of the ledger. Schema, reader, writer. */
#include "core/form/form.h"

static void lease_form(struct form *form, void *document)
{
    struct lease *lease = document;
    form_begin(form, "lease");
    form_id(form, "license", lease->license);
    form_id(form, "vendor", lease->vendor);
    form_id(form, "product", lease->product);
    form_id(form, "edition", lease->edition);
    form_machine(form, "machine", &lease->machine);
    form_hardware(form, &lease->hardware);
    form_bytes(form, "nonce", lease->nonce.bytes, NONCE_SIZE);
    form_bytes(form, "lock", lease->lock.bytes, HASH_SIZE);
    form_time(form, "issued", &lease->issued);
    form_time(form, "expires", &lease->expires);
    form_check(form, lease->expires > lease->issued, FAIL(DOCUMENT_DATES));
    form_duration(form, "renew-after", &lease->renew_after);
    form_check(form, lease->renew_after <= lease->expires - lease->issued, FAIL(DOCUMENT_DATES));
    form_duration(form, "retry-after", &lease->retry_after);
    form_features(form, &lease->features);
    form_extensions(form, &lease->extensions);
}

RESULT lease_read(struct slice text, struct lease *ret_lease)
{
    return form_read(text, lease_form, ret_lease, sizeof *ret_lease);
}

RESULT lease_write(const struct lease *lease, struct buffer *out)
{
    return form_write(lease_form, lease, out);
}
