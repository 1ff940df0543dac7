/* A vendor; see vendor.h. */
#include "vendor.h"

#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vendor_begin(struct vendor *vendor, size_t number)
{
    static const char *const names[VENDORS_MAX] = {"acme.example", "bolt.example"};
    memset(vendor, 0, sizeof *vendor);
    snprintf(vendor->name, sizeof vendor->name, "%s", names[number]);
    snprintf(vendor->product, sizeof vendor->product, "%s/" PRODUCT, vendor->name);
    const struct hash seed = hash_of(slice_of(vendor->name));
    must(signing_key_make(slice_of(vendor->name), seed.bytes, &vendor->key));
}

void vendor_end(struct vendor *vendor)
{
    signing_key_free(vendor->key);
    vendor->key = NULL;
}

static void sign(const struct vendor *vendor, const struct buffer *text, struct buffer *out)
{
    const struct signing_key *const keys[] = {vendor->key};
    must(note_sign(buffer_slice(text), keys, 1, out));
}

static void put_edition(const struct vendor *vendor, struct product *product, const char *id, const char *title)
{
    struct edition *const edition = &product->editions[product->edition_count++];
    strcpy(edition->id, id);
    strcpy(edition->title, title);
    edition->key = product_key_generic(vendor->name, PRODUCT, id);
}

void vendor_product(const struct vendor *vendor, seconds issued, struct buffer *out)
{
    struct product *const product = calloc(1, sizeof *product);
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    if (product == NULL)
        abort();
    strcpy(product->vendor, vendor->name);
    strcpy(product->product, PRODUCT);
    strcpy(product->title, "Studio");
    product->issued = issued;
    product->grace = (seconds)30 * DAY;
    product->vendor_key_count = 1;
    product->vendor_keys[0] = *signing_key_verifier(vendor->key);
    if (vendor->has_lab)
        put_edition(vendor, product, EDITION_LAB, "Laboratory");
    put_edition(vendor, product, EDITION, "Professional");
    must(product_write(product, &text));
    free(product);
    sign(vendor, &text, out);
}

void vendor_product_key(const struct vendor *vendor, const char *edition, enum product_key_mode mode,
                        char text[static PRODUCT_KEY_TEXT_SIZE])
{
    const struct product_key key = product_key_make(mode, vendor->name, PRODUCT, edition);
    product_key_write(&key, text);
}

void vendor_license(struct vendor *vendor, struct license *license, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    if (vendor->license_count == LICENSES_MAX)
        abort();
    snprintf(license->id, sizeof license->id, "%.4s-%zu", vendor->name, vendor->license_count + 1);
    strcpy(license->vendor, vendor->name);
    strcpy(license->customer, "University");
    strcpy(license->product, PRODUCT);
    if (*license->edition == 0)
        strcpy(license->edition, EDITION);
    license->host_key_count = 1;
    license->host_keys[0] = vendor->host_key;
    must(license_write(license, &text));
    sign(vendor, &text, out);
    vendor->licenses[vendor->license_count++] = *license;
}

void vendor_license_again(const struct vendor *vendor, size_t number, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    must(license_write(&vendor->licenses[number], &text));
    sign(vendor, &text, out);
}

void vendor_revocations(struct vendor *vendor, seconds now, struct buffer *out)
{
    vendor->revocations++;
    vendor->revoked_on = now;
    vendor_revocations_again(vendor, out);
}

void vendor_revocations_again(const struct vendor *vendor, struct buffer *out)
{
    struct revocations *const list = calloc(1, sizeof *list);
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    if (list == NULL)
        abort();
    strcpy(list->vendor, vendor->name);
    list->sequence = vendor->revocations;
    list->issued = vendor->revoked_on;
    for (size_t i = 0; i < vendor->license_count; i++)
        if (vendor->revoked[i])
            memcpy(list->licenses[list->license_count++], vendor->licenses[i].id, NAME_SIZE);
    must(revocations_write(list, &text));
    free(list);
    sign(vendor, &text, out);
}

const struct license *vendor_find(const struct vendor *vendor, const char *id)
{
    for (size_t i = 0; i < vendor->license_count; i++)
        if (strcmp(vendor->licenses[i].id, id) == 0)
            return &vendor->licenses[i];
    return NULL;
}

const struct license *vendor_best(const struct vendor *vendor, bool counted, seconds now)
{
    const struct license *best = NULL;
    bool best_fits = false;
    for (size_t i = 0; i < vendor->license_count; i++) {
        const struct license *const license = &vendor->licenses[i];
        const bool fits = (license->mode == LICENSE_COUNTED) == counted;
        if (vendor->revoked[i] || now < license->not_before || license->not_after <= now)
            continue;
        if (best != NULL && (best_fits > fits || (best_fits == fits && license->not_after <= best->not_after)))
            continue;
        best = license;
        best_fits = fits;
    }
    return best;
}
