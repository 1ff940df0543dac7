/*
 * What this machine saw of a ledger must be a part of what it is shown now, or be written down in it: a higher epoch is
 * taken where the leaf of the lease carries, as what its request has seen, what is kept of the epoch before. So the
 * host has told its vendor how far the old ledger had gone.
 *
 * Always: the kept checkpoint stays where this fails. Two that contradict each other are kept as evidence; a higher
 * epoch that does not say what was seen is none.
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
    struct slice request;    /* as it was sent */
    const struct seen *seen; /* of the request in the lease's leaf */
};

/* Writes a failure to the attempt, with both sizes and the number of the evidence. The caller holds the lock.
 * CONSISTENCY_WRONG; EPOCH_UNSEEN; FILE_READ. */
RESULT history_check(const aval_machine *machine, const struct installation *installation,
                     const struct showing *showing, struct aval_attempt *attempt);

#endif
