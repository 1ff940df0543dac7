/* A vendor: its key, one product, and the licenses that it signs for the host. */
#ifndef SIMULATE_VENDOR_H
#define SIMULATE_VENDOR_H

#include "core/documents/documents.h"
#include "core/documents/product_key.h"

#define PRODUCT     "studio"
#define EDITION     "pro"
#define EDITION_LAB "lab" /* where has_lab says so */

enum { LICENSES_MAX = 8, VENDORS_MAX = 2 };

struct vendor {
    char name[NAME_SIZE];
    char product[2 * NAME_SIZE]; /* VENDOR/PRODUCT, as libaval names it */
    struct signing_key *key;
    struct verifier_key host_key; /* of the host for this vendor */
    bool has_lab;                 /* its product has a second edition; to be set before anything is signed */
    size_t license_count;
    struct license licenses[LICENSES_MAX];
    bool revoked[LICENSES_MAX];
    uint64_t revocations; /* the sequence of the newest list; 0: there is none */
    seconds revoked_on;   /* its date */
};

/* The nth vendor there is. */
void vendor_begin(struct vendor *vendor, size_t number);
void vendor_end(struct vendor *vendor);
/* Its product document, signed. */
void vendor_product(const struct vendor *vendor, seconds issued, struct buffer *out);
void vendor_product_key(const struct vendor *vendor, const char *edition, enum product_key_mode mode,
                        char text[static PRODUCT_KEY_TEXT_SIZE]);
/* Signs the license, of which the caller has filled in the terms and the edition, if it is not EDITION, and remembers
 * it.
 */
void vendor_license(struct vendor *vendor, struct license *license, struct buffer *out);
/* The nth license as it was signed, and the newest list. */
void vendor_license_again(const struct vendor *vendor, size_t number, struct buffer *out);
void vendor_revocations_again(const struct vendor *vendor, struct buffer *out);
/* Signs the list of all licenses that it has revoked. */
void vendor_revocations(struct vendor *vendor, seconds now, struct buffer *out);
/* The license of that id, or NULL. */
const struct license *vendor_find(const struct vendor *vendor, const char *id);
/* The license in force at that time that ends last, of that mode; of the other, for whose key a machine is told to ask,
 * where there is none; or NULL. */
const struct license *vendor_best(const struct vendor *vendor, bool counted, seconds now);

#endif
