/*
 * Product keys: which edition of a product is meant.
 *
 * Always: a key goes to the folder where its product lies, so that where that is the system's, root alone changes it.
 */
#ifndef CLIENT_STATE_PRODUCT_KEYS_H
#define CLIENT_STATE_PRODUCT_KEYS_H

#include "machine/handle.h"

/* Stores a product key with the product that it belongs to; where it is there already, nothing is written. Errors of
 * product_key_read; NO_PRODUCT, PRODUCT_KEY_OTHER, LOCKED, FILE_WRITE, STATE_OF_SYSTEM. */
RESULT product_key_install(aval_machine *machine, const char *product_key, struct reason *reason);
/* Removes the key with that suffix and what came by it. NOT_FOUND, LOCKED, FILE_WRITE, STATE_OF_SYSTEM. */
RESULT product_key_remove(aval_machine *machine, const char *suffix, struct reason *reason);

#endif
