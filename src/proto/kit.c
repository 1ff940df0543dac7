/* What a machine needs to join; see kit.h. */
#include "proto/kit.h"

#include "core/form/form.h"
#include "proto/introduction.h"

#include <stdlib.h>

static void hosts_form(struct form *form, struct kit *kit)
{
    for (size_t i = 0; form_next(form, "host", i, &kit->host_count, KIT_HOSTS_MAX); i++)
        form_text(form, "host", kit->hosts[i], KIT_HOST_SIZE);
}

static void product_form(struct form *form, struct kit_product *product)
{
    form_verifier_key(form, "vendor-key", &product->vendor_key);
    form_part(form, "product", &product->product, NOTE_MAX);
    if (form_optional(form, "product-key", &product->has_key))
        form_product_key(form, "product-key", &product->key);
    if (form_optional(form, "introduction", &product->has_introduction))
        form_part(form, "introduction", &product->introduction, INTRODUCTION_MAX);
}

static void kit_form(struct form *form, void *document)
{
    struct kit *const kit = document;
    uint64_t products = kit->product_count;
    form_begin(form, "kit");
    form_time(form, "made", &kit->made);
    form_host_name(form, "maker", kit->maker);
    hosts_form(form, kit);
    if (form_optional(form, "site-key", &kit->has_site_key))
        form_secret(form, "site-key", kit->site_key.bytes, sizeof kit->site_key.bytes);
    form_number(form, "products", &products, 1, KIT_PRODUCTS_MAX);
    for (size_t i = 0; form_next(form, "vendor-key", i, &kit->product_count, KIT_PRODUCTS_MAX); i++)
        product_form(form, &kit->products[i]);
    form_some(form, "vendor-key", kit->product_count);
    form_check(form, kit->product_count == products,
               FAIL(DOCUMENT_MISSING_KEY)); /* nobody signs the whole, which may be cut off */
    form_extensions(form, &kit->extensions);
}

RESULT kit_read(struct slice text, struct kit **ret_kit)
{
    void *read = NULL;
    TRY(form_read_new(text, kit_form, sizeof **ret_kit, &read));
    *ret_kit = read;
    return RESULT_OK;
}

RESULT kit_write(const struct kit *kit, struct buffer *out)
{
    return form_write(kit_form, kit, out);
}

void kit_free(struct kit **kit)
{
    if (*kit != NULL)
        secret_wipe(&(*kit)->site_key, sizeof(*kit)->site_key);
    free(*kit);
    *kit = NULL;
}

bool kit_begins(struct slice text)
{
    return slice_starts_with(text, "aval kit v");
}
