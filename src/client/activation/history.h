/*
 * What this machine saw of a ledger must be a part of what it is shown now, or be written down in it: a higher epoch is
 * taken where the leaf, of a lease or a release, carries as what was seen what this machine has seen of the epoch
 * before. So the host has told its vendor how far the old ledger had gone.
 *
 * Always: what is shown is compared with what the note that was sent says to have been seen, since the host proves that
 * it extends that. The kept checkpoint stays where this fails. Two that contradict each other are kept as evidence; a
 * higher epoch that does not say what was seen is none.
 */
#ifndef CLIENT_ACTIVATION_HISTORY_H
#define CLIENT_ACTIVATION_HISTORY_H

#include "base/hash.h"
#include "exchange.h"
#include "proto/answer.h"
#include "state/holding.h"

/* What a host has shown. */
struct showing {
    const struct verifier_key *host_key;
    struct slice asked;          /* the request or release as it was sent, */
    const struct seen *before;   /* and what it says that was seen */
    const struct seen *told;     /* what the note in the leaf does */
    struct slice checkpoint;     /* as signed by that key; verified */
    const struct answer *answer; /* the proof that came along */
};
/* The checkpoint of the answer, which borrows from the text that it was read from. Errors of the proof's form. */
RESULT history_shown(const struct answer *answer, struct slice *ret_checkpoint);

/* Writes a failure to the attempt, with both sizes and the number of the evidence. The caller holds the lock.
 * CONSISTENCY_WRONG; EPOCH_UNSEEN; FILE_READ. */
RESULT history_check(const aval_machine *machine, const struct installation *installation,
                     const struct showing *showing, struct aval_attempt *attempt);
/* Keeps what was shown, once it is checked; but where something else than what was seen is kept by now, whoever has
 * kept it since has seen more than was proved here, and that stays. The caller holds the lock. FILE_READ, FILE_WRITE.
 */
RESULT history_keep(const struct installation *installation, const struct showing *showing, struct reason *reason);

#endif
