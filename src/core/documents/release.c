/*
 * Release: a machine gives its seat back by showing the secret behind the lock of its lease. Machine -> host.
 * Released: the host's record of it, a leaf of the ledger. Schemas, readers, writers.
 */
#include "core/form/form.h"

static void release_form(struct form *form, void *document)
{
    struct release *release = document;
    form_begin(form, "release");
    form_id(form, "license", release->license);
    form_machine(form, "machine", &release->machine);
    form_bytes(form, "secret", release->secret, RELEASE_SECRET_SIZE);
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

static void released_form(struct form *form, void *document)
{
    struct released *released = document;
    form_begin(form, "released");
    form_id(form, "license", released->license);
    form_machine(form, "machine", &released->machine);
    form_bytes(form, "secret", released->secret, RELEASE_SECRET_SIZE);
    form_time(form, "released", &released->released);
    form_extensions(form, &released->extensions);
}

RESULT released_read(struct slice text, struct released *ret_released)
{
    return form_read(text, released_form, ret_released, sizeof *ret_released);
}

RESULT released_write(const struct released *released, struct buffer *out)
{
    return form_write(released_form, released, out);
}
