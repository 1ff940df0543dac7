/*
 * All epochs of a ledger that the store has, for whoever wants to see them: also those that ended when the ledger was
 * begun again (ledger/epochs.h), up to the last checkpoint that the store keeps of each.
 */
#ifndef LEDGER_FORMER_H
#define LEDGER_FORMER_H

#include "base/reason.h"
#include "base/time.h"
#include "core/tlog/checkpoint.h"
#include "ledger/pages.h"

struct former {
    uint64_t epoch;
    char origin[KEY_NAME_SIZE];
    uint64_t leaves; /* in the store */
    seconds first;   /* when the first of them was written, and the last; 0: there is none, or it cannot be */
    seconds last;    /* read */
    struct published published; /* by that checkpoint; of size 0 and with an empty note where none is kept */
};

/* The epoch of the key's ledger. NOT_FOUND; STORE_CORRUPT where more leaves were signed than are there; errors of the
 * store. */
RESULT former_find(struct store *store, const struct verifier_key *key, uint64_t epoch, struct former *ret_former,
                   struct reason *reason);
/* The lowest one above `after`: from 0 on, all of them, ascending. NOT_FOUND behind the last; otherwise the same. */
RESULT former_next(struct store *store, const struct verifier_key *key, uint64_t after, struct former *ret_former,
                   struct reason *reason);

#endif
