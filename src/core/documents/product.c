/* Product: what is sold, in which editions, and whose keys to trust. Vendor -> machine, signed by the vendor. Schema,
 * reader, writer. */
#include "core/form/form.h"

#include <stdlib.h>
#include <string.h>

static void vendor_keys_form(struct form *form, struct product *product)
{
    struct verifier_key *keys = product->vendor_keys;
    for (size_t i = 0; form_next(form, "vendor-key", i, &product->vendor_key_count, VENDOR_KEYS_MAX); i++) {
        form_verifier_key(form, "vendor-key", &keys[i]);
        if (form_good(form))
            form_check(form, strcmp(keys[i].name, product->vendor) == 0, FAIL(DOCUMENT_VALUE));
        for (size_t k = 0; k < i; k++)
            form_check(form, !verifier_key_equal(&keys[i], &keys[k]), FAIL(DOCUMENT_DUPLICATE_KEY));
    }
    form_some(form, "vendor-key", product->vendor_key_count);
}

/* The key of an edition is its generic volume key. */
static void edition_key_form(struct form *form, const struct product *product, struct edition *edition)
{
    form_product_key(form, "key", &edition->key);
    if (!form_good(form))
        return;
    const struct product_key generic = product_key_generic(product->vendor, product->product, edition->id);
    form_check(form, product_key_equal(&edition->key, &generic), FAIL(DOCUMENT_VALUE));
}

static void editions_form(struct form *form, struct product *product)
{
    struct edition *editions = product->editions;
    for (size_t i = 0; form_next(form, "edition", i, &product->edition_count, EDITIONS_MAX); i++) {
        form_id(form, "edition", editions[i].id);
        if (i > 0)
            form_ascending(form, editions[i - 1].id, editions[i].id);
        form_text(form, "title", editions[i].title, sizeof editions[i].title);
        edition_key_form(form, product, &editions[i]);
        form_features(form, &editions[i].features);
    }
    form_some(form, "edition", product->edition_count);
}

static void product_form(struct form *form, void *document)
{
    struct product *product = document;
    form_begin(form, "product");
    form_id(form, "vendor", product->vendor);
    form_id(form, "product", product->product);
    form_text(form, "title", product->title, sizeof product->title);
    form_time(form, "issued", &product->issued);
    form_duration(form, "grace", &product->grace);
    vendor_keys_form(form, product);
    editions_form(form, product);
    form_extensions(form, &product->extensions);
}

RESULT product_read(struct slice text, struct product *ret_product)
{
    return form_read(text, product_form, ret_product, sizeof *ret_product);
}

RESULT product_write(const struct product *product, struct buffer *out)
{
    return form_write(product_form, product, out);
}

const struct edition *product_edition(const struct product *product, const char *id)
{
    for (size_t i = 0; i < product->edition_count; i++)
        if (strcmp(product->editions[i].id, id) == 0)
            return &product->editions[i];
    return NULL;
}

/* Products are too large for the stack, and to be copied more than once. Frees it. */
static RESULT hand_on(void *product, struct result outcome, struct product *ret_product)
{
    if (is_ok(outcome))
        memcpy(ret_product, product, sizeof *ret_product);
    free(product);
    return outcome;
}

RESULT product_open_own(struct slice note, struct product *ret_product)
{
    struct note *parts = malloc(sizeof *parts);
    void *read = NULL;
    struct result outcome = parts != NULL ? note_read(note, parts) : FAIL(NO_MEMORY);
    if (is_ok(outcome))
        outcome = form_read_new(parts->text, product_form, sizeof *ret_product, &read);
    const struct product *const product = read;
    if (is_ok(outcome))
        outcome = note_verify(parts, &product->vendor_keys[0], 1, NULL);
    free(parts);
    return hand_on(read, outcome, ret_product);
}

RESULT product_open(struct slice note, const struct verifier_key *keys, size_t key_count, struct product *ret_product)
{
    struct slice text;
    const struct verifier_key *signer = NULL;
    void *read = NULL;
    TRY(note_open(note, keys, key_count, &text, &signer));
    TRY(form_read_new(text, product_form, sizeof *ret_product, &read));
    const struct product *const product = read;
    const bool of_signer = strcmp(product->vendor, signer->name) == 0;
    return hand_on(read, of_signer ? RESULT_OK : FAIL(DOCUMENT_VALUE), ret_product);
}
