/* A ledger put into a store as it is, with the hashes of its tiles, by nobody's decision and signed by nobody. */
#ifndef TESTS_SUPPORT_GROWN_LEDGER_H
#define TESTS_SUPPORT_GROWN_LEDGER_H

#include "core/tlog/merkle.h"
#include "store/store.h"

struct grown_ledger {
    struct store *store; /* borrowed */
    uint32_t number;
    struct frontier frontier; /* of all leaves */
};

/* An empty ledger of that origin. The test fails where the store does. */
void grown_ledger_make(struct grown_ledger *ledger, struct store *store, const char *origin);
/* Appends so many leaves. */
void grown_ledger_append(struct grown_ledger *ledger, uint64_t count);
/* Leaf number `index`: of all lengths up to LEAF_MAX, saying where it stands. Borrowed until the next call. */
struct slice grown_leaf(uint64_t index);

#endif
