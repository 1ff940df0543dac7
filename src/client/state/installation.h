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
    char mine[PATH_SIZE]; /* the same, or one in it: what is this machine's alone (installation_on()) */
    struct product product;
    struct result key_fault; /* why there is no edition: NO_PRODUCT_KEY, STATE_BROKEN, PRODUCT_KEY_OTHER */
    struct product_key key;
    const struct edition *edition; /* within `product`; NULL where key_fault says why */
};

enum { PRODUCT_NAME_SIZE = 2 * NAME_SIZE };

enum { KEY_FILE_MAX = 2 * PRODUCT_KEY_TEXT_SIZE }; /* more than it can have, so that its reader says what is wrong */

/* Makes the folder in which that product lies the one of the call: the system's where it is there, otherwise the user's
 * own. Any text may be the name. */
void installation_use(aval_machine *machine, const char *name);

/* The name of the product that is meant, whose folder becomes that of the call. `only` has room for it where *product
 * is NULL, which means the only one. Errors of installation_only(). */
RESULT installation_meant(aval_machine *machine, const char **product, char only[static PRODUCT_NAME_SIZE],
                          struct reason *reason);

/* Verifies and stores a product in the folder where it lies; see aval_product_install(). */
RESULT installation_add(aval_machine *machine, struct slice document, const char *vendor_key, struct reason *reason);
/* Calls `each` with every VENDOR/PRODUCT in order, first of the system's folder, then of the user's own those that are
 * not in the system's; its failure ends the walk and is returned. `each` may change the folder of the call. */
RESULT installation_each(const aval_machine *machine, RESULT (*each)(void *context, const char *name), void *context,
                         struct reason *reason);
/* Other hosts are asked, or in another way: nobody waits any more for what hosts last answered about the products in
 * the folder of the call. FILE_WRITE, LOCKED, FILE_READ. */
RESULT installation_end_waiting(const aval_machine *machine, struct reason *reason);
/* The name of the only one. NO_PRODUCT; USAGE where there are several; FILE_READ. */
RESULT installation_only(const aval_machine *machine, char ret_name[static PRODUCT_NAME_SIZE], struct reason *reason);
/* The product of that name in the folder of the call. NO_PRODUCT, USAGE, SIGNER_UNKNOWN, STATE_BROKEN, FILE_READ,
 * NO_MEMORY. */
RESULT installation_load(const aval_machine *machine, const char *name, struct installation **ret_installation,
                         struct reason *reason);
/* The vendor key by which the product of that name is believed. NO_PRODUCT, USAGE, STATE_BROKEN, FILE_READ. */
RESULT installation_vendor_key(const aval_machine *machine, const char *name, struct verifier_key *ret_key,
                               struct reason *reason);
/* From now on the machine is the one at that place (struct identity). `make`: its folder is made where it is missing;
 * the caller holds the lock. TEXT_TOO_LONG, FILE_WRITE. */
RESULT installation_on(struct installation *installation, unsigned place, bool make, struct reason *reason);
/* Calls `each` with the folder of every machine's own files for the product in `folder`; its failure ends it. */
RESULT installation_each_place(const char *folder, RESULT (*each)(const char *mine, struct reason *reason),
                               struct reason *reason);
/* The edition of the product that the key means, or NULL; borrowed. */
const struct edition *installation_edition(const struct product *product, const struct product_key *key);
/* Its name: VENDOR/PRODUCT. */
void installation_name(const struct installation *installation, char ret_name[static PRODUCT_NAME_SIZE]);
/* For __attribute__((cleanup)). */
void installation_cleanup(struct installation **installation);
#define CLEANUP_INSTALLATION __attribute__((cleanup(installation_cleanup)))

/* The newest revocations kept for the product's vendor, or NULL. Yours to free with free(). */
RESULT revocations_load(const struct installation *installation, struct revocations **ret_revocations);

/* Keeps a verified list, unless the folder has it or a newer one by now. Takes the folder's lock.
 * LOCKED, FILE_WRITE. */
RESULT revocations_store(const aval_machine *machine, const struct installation *installation,
                         const struct revocations *revocations, struct slice note, struct reason *reason);

#endif
