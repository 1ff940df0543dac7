/* The text of a site key; see core/documents/site_key.h. */
#include "core/documents/site_key.h"

#include "core/form/form.h"

static void site_key_form(struct form *form, void *document)
{
    struct site_key *key = document;
    form_begin(form, "site-key");
    form_secret(form, "key", key->bytes, sizeof key->bytes);
}

RESULT site_key_read(struct slice text, struct site_key *ret_key)
{
    return form_read(text, site_key_form, ret_key, sizeof *ret_key);
}

RESULT site_key_write(const struct site_key *key, struct buffer *out)
{
    return form_write(site_key_form, key, out);
}
