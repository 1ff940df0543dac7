/*
 * An installed product: its signed document, and the product key that says which edition is meant.
 *
 * Always: a loaded installation was verified against the vendor key that it was installed with, and that key is one of
 * those pinned by the options, where there are any.
 */
#ifndef CLIENT_STATE_INSTALLATION_H
#define CLIENT_STATE_INSTALLATION_H

#include "core/documents/documents.h"
#include "machine/handle.h"

struct installation {
    char folder[PATH_SIZE];
    struct product product;
    struct result key_fault; /* why there is no edition: NO_PRODUCT_KEY, STATE_BROKEN, PRODUCT_KEY_OTHER */
    struct product_key key;
    const struct edition *edition; /* within `product`; NULL where key_fault says why */
};

enum { PRODUCT_NAME_SIZE = 2 * NAME_SIZE };

/* Verifies and stores a product; see aval_product_install(). */
RESULT installation_add(const aval_machine *machine, struct slice document, const char *vendor_key,
                        struct reason *reason);
/* Stores a product key with the product that it belongs to. */
RESULT installation_set_key(const aval_machine *machine, const char *product_key, struct reason *reason);
/* Removes the key with that suffix and what came by it. NOT_FOUND. */
RESULT installation_remove_key(const aval_machine *machine, const char *suffix, struct reason *reason);

/* Calls `each` with every VENDOR/PRODUCT in order; its failure ends the walk and is returned. */
RESULT installation_each(const aval_machine *machine, RESULT (*each)(void *context, const char *name), void *context,
                         struct reason *reason);
/* The product of that name; NULL: the only one. NO_PRODUCT, USAGE, SIGNER_UNKNOWN, STATE_BROKEN, FILE_READ,
 * NO_MEMORY. */
RESULT installation_load(const aval_machine *machine, const char *name, struct installation **ret_installation,
                         struct reason *reason);
/* Its name: VENDOR/PRODUCT. */
void installation_name(const struct installation *installation, char ret_name[static PRODUCT_NAME_SIZE]);
/* For __attribute__((cleanup)). */
void installation_cleanup(struct installation **installation);
#define CLEANUP_INSTALLATION __attribute__((cleanup(installation_cleanup)))

/* The newest revocations kept for the product's vendor, or NULL. Yours to free with free(). */
RESULT revocations_load(const struct installation *installation, struct revocations **ret_revocations);

/* Keeps a verified list of that sequence, unless the folder has it or a newer one by now. Takes the folder's lock.
 * LOCKED, FILE_WRITE. */
RESULT revocations_store(const aval_machine *machine, const struct installation *installation, uint64_t sequence,
                         struct slice note, struct reason *reason);

#endif
