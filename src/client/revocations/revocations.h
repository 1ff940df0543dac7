/* A vendor's revocations, handed to the machine by a person or a product instead of by a host. */
#ifndef CLIENT_REVOCATIONS_REVOCATIONS_H
#define CLIENT_REVOCATIONS_REVOCATIONS_H

#include "machine/handle.h"

/* Keeps the list, a note signed by the vendor, beside each installed product whose vendor's key signed it, unless that
 * has a newer one by now. *ret_products: of how many products it is the vendor's. Errors of form, NO_PRODUCT,
 * SIGNER_UNKNOWN (of none), KEY_RANK, STATE_OF_SYSTEM, FILE_READ, FILE_WRITE, LOCKED, NO_MEMORY; what was kept before a
 * failure stays. */
RESULT revocations_take(aval_machine *machine, struct slice note, size_t *ret_products, struct reason *reason);

#endif
