/*
 * Reclaimed: the operator has taken a seat back from a machine that is dead, stolen or set up anew. Host -> vendor, a
 * leaf of the ledger. It names the one lease that it ends, so that none is ended twice. Schema, reader, writer.
 */
#include "core/form/form.h"

static void reclaimed_form(struct form *form, void *document)
{
    struct reclaimed *reclaimed = document;
    form_begin(form, "reclaimed");
    form_id(form, "license", reclaimed->license);
    form_machine_key(form, "machine-key", &reclaimed->machine_key, &reclaimed->machine);
    form_text(form, "lease-origin", reclaimed->lease_origin, sizeof reclaimed->lease_origin);
    form_number(form, "lease-index", &reclaimed->lease_index, 0, INT64_MAX);
    form_time(form, "reclaimed", &reclaimed->reclaimed);
    form_extensions(form, &reclaimed->extensions);
}

RESULT reclaimed_read(struct slice text, struct reclaimed *ret_reclaimed)
{
    return form_read(text, reclaimed_form, ret_reclaimed, sizeof *ret_reclaimed);
}

RESULT reclaimed_write(const struct reclaimed *reclaimed, struct buffer *out)
{
    return form_write(reclaimed_form, reclaimed, out);
}
