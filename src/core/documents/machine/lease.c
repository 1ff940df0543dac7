/* Lease: one machine's right to run until a date. Host -> machine; a leaf of the ledger that carries the request as the
 * machine signed it. Schema, reader, writer. */
#include "carried.h"

static const char *const yes[] = {"yes"};

static void lease_form(struct form *form, void *document)
{
    struct lease *lease = document;
    unsigned index = 0;
    form_begin(form, "lease");
    form_id(form, "license", lease->license);
    if (form_optional(form, "offline", &lease->offline))
        form_choice(form, "offline", yes, 1, &index);
    form_time(form, "issued", &lease->issued);
    form_time(form, "expires", &lease->expires);
    form_check(form, lease->expires > lease->issued, FAIL(DOCUMENT_DATES));
    form_duration(form, "renew-after", &lease->renew_after);
    form_check(form, lease->renew_after <= lease->expires - lease->issued, FAIL(DOCUMENT_DATES));
    form_duration(form, "retry-after", &lease->retry_after);
    form_features(form, &lease->features);
    form_extensions(form, &lease->extensions);
}

RESULT lease_read(struct slice text, struct lease *ret_lease, struct slice *ret_note)
{
    struct lease lease;
    struct slice note;
    const struct slice head = document_head(text, &note);
    TRY(form_read(head, lease_form, &lease, sizeof lease));
    TRY(carried_result(head, note, request_parse(note, NULL, &lease.request)));
    *ret_lease = lease;
    *ret_note = note;
    return RESULT_OK;
}

RESULT lease_write(const struct lease *lease, struct slice request_note, struct buffer *out)
{
    return carried_write(lease_form, lease, request_note, out);
}
