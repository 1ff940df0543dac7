/*
 * A kit: all that a machine needs to join, in one file that an operator makes and hands on.
 *
 *   aval kit v1
 *   made TIME
 *   maker HOST                 the name of the host whose operator made it
 *   host ADDRESS               whom to ask, in this order; none: whom DNS names
 *   site-key BASE64            may be absent; with it the file is as secret as the key is
 *   products N                 how many there are, so that a file that was cut off is none
 *   vendor-key VKEY            begins a product: the key by which the machine is to believe its vendor
 *   product LENGTH             the product document, as the vendor signed it
 *   product-key KEY            of the edition, and of the kind of license; may be absent
 *   introduction LENGTH        proto/introduction.h, for a machine without a network; may be absent
 *   ...
 *
 * Nobody signs a kit: its parts are signed by themselves, and whoever takes it decides to believe the vendor keys in
 * it. It is read as strictly as what comes over a network, and repaired never.
 *
 * Pure; one schema reads and writes (kit.c).
 */
#ifndef PROTO_KIT_H
#define PROTO_KIT_H

#include "core/documents/documents.h"
#include "core/documents/site_key.h"

enum {
    KIT_MAX = DOCUMENT_MAX,
    KIT_HOSTS_MAX = 16,
    KIT_HOST_SIZE = 280,
    KIT_PRODUCTS_MAX = 16,
};

struct kit_product {
    struct verifier_key vendor_key;
    struct slice product; /* a note; borrowed from what was read */
    bool has_key;
    struct product_key key;
    bool has_introduction;
    struct slice introduction; /* borrowed too */
};

struct kit {
    seconds made;
    char maker[HOST_NAME_SIZE];
    size_t host_count;
    char hosts[KIT_HOSTS_MAX][KIT_HOST_SIZE];
    bool has_site_key;
    struct site_key site_key; /* secret: kit_free() */
    size_t product_count;     /* at least one */
    struct kit_product products[KIT_PRODUCTS_MAX];
    struct extensions extensions;
};

/* Errors of form with the line; NO_MEMORY. The parts are not looked into. Yours by kit_free(). */
RESULT kit_read(struct slice text, struct kit **ret_kit);
/* Appends it. Errors of form; on failure nothing is appended, and the buffer keeps the error. */
RESULT kit_write(const struct kit *kit, struct buffer *out);
/* Leaves nothing secret behind. Takes a pointer to NULL. */
void kit_free(struct kit **kit);
#define CLEANUP_KIT __attribute__((cleanup(kit_free)))

/* Whether the text begins as a kit does. */
bool kit_begins(struct slice text);

#endif
