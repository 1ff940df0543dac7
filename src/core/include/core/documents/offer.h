/*
 * What is licensed: a vendor's product in one edition. License, request and lease name it by three ids; here they are
 * one value that is compared as one. Borrows the ids. Pure, thread-safe.
 */
#ifndef CORE_DOCUMENTS_OFFER_H
#define CORE_DOCUMENTS_OFFER_H

#include "core/documents/documents.h"

#include <string.h>

struct offer {
    const char *vendor;
    const char *product;
    const char *edition;
};

static inline struct offer license_offer(const struct license *license)
{
    return (struct offer){license->vendor, license->product, license->edition};
}
static inline struct offer request_offer(const struct request *request)
{
    return (struct offer){request->vendor, request->product, request->edition};
}
static inline struct offer lease_offer(const struct lease *lease)
{
    return request_offer(&lease->request);
}

/* Whether both are of one vendor. */
static inline bool offer_same_vendor(struct offer a, struct offer b)
{
    return strcmp(a.vendor, b.vendor) == 0;
}
static inline bool offer_equal(struct offer a, struct offer b)
{
    return offer_same_vendor(a, b) && strcmp(a.product, b.product) == 0 && strcmp(a.edition, b.edition) == 0;
}

#endif
