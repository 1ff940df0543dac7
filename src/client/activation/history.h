/*
 * What this machine saw of a ledger must be a part of what it is shown now.
 *
 * Always: the kept checkpoint stays where this fails, and both are kept as evidence.
 */
#ifndef CLIENT_ACTIVATION_HISTORY_H
#define CLIENT_ACTIVATION_HISTORY_H

#include "base/hash.h"
#include "exchange.h"
#include "state/holding.h"

/* What a host has shown. */
struct showing {
    const struct verifier_key *host_key;
    struct slice checkpoint; /* as signed by that key; verified */
    const struct hash *consistency;
    size_t consistency_length;
    struct slice request;
};

/* Writes a failure to the attempt, with both sizes and the number of the evidence. The caller holds the lock.
 * CONSISTENCY_WRONG; FILE_READ. */
RESULT history_check(const aval_machine *machine, const struct installation *installation,
                     const struct showing *showing, struct aval_attempt *attempt);

#endif
