/*
 * What a host says of itself before it is asked: the license that it has, which names its key, and the newest
 * checkpoint of its ledger. No lock is held.
 *
 * Always: a host is asked by name of a key that the vendor has licensed for this product and edition, and only where
 * that license may replace the lease in force; so nobody gives a seat that is not taken.
 */
#ifndef CLIENT_ACTIVATION_INTRODUCE_H
#define CLIENT_ACTIVATION_INTRODUCE_H

#include "exchange.h"
#include "session.h"

/* All zero: nothing. */
struct introduced {
    struct reply text;
    struct license license;
    struct verifier_key host_key; /* the one of its hosts that signed the checkpoint, and is this one's */
    struct slice license_note;    /* as the vendor signed it; borrowed from `text`, and so is */
    struct slice checkpoint;      /* as one of the license's host keys signed it */
};
/* For __attribute__((cleanup)); leaves it empty. */
void introduced_free(struct introduced *introduced);

/* Asks for the introduction and looks at its links; replaces what is there. Newer revocations go into the session and
 * the folder. A failure is written to the attempt: LICENSE_SIGNER, LICENSE_OTHER_VENDOR, LICENSE_OTHER_PRODUCT,
 * LICENSE_REVOKED, LEASE_OTHER_HOST, CHECKPOINT_SIGNER, CHECKPOINT_ORIGIN; those of form and of the exchange. */
RESULT introduce(struct session *session, struct aval_attempt *attempt, struct introduced *introduced);

#endif
