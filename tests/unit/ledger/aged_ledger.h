/* A ledger in a store whose leaves are an hour apart, by nobody's decision; and a checkpoint of it. */
#ifndef TESTS_LEDGER_AGED_LEDGER_H
#define TESTS_LEDGER_AGED_LEDGER_H

#include "store/ledger.h"

#define AGED_ORIGIN "kms.uni.example/acme.example"
#define AGED_BEGIN  ((seconds)1790000000) /* of leaf 0 */

/* Makes it with so many leaves, all signed; returns its number. The test fails where the store does. */
uint32_t aged_ledger_make(struct store *store, uint64_t count);
/* Leaf number `index`. Borrowed until the next call. */
struct slice aged_leaf(uint64_t index);
/* Puts a checkpoint of that size in the place of the last one. */
void aged_ledger_sign(struct store *store, uint32_t ledger, uint64_t size);

#endif
