/*
 * Who this machine is: a random id, bound to its hardware, and a secret that only its owner can read.
 *
 * Hardware digests are keyed with a random salt that stands beside the id and is sent to nobody. (Salting with the id
 * alone would let everyone who reads a ledger, where the id stands, try serial numbers against the digests.) Always: an
 * identity that came from other hardware is not used for a request; a new one is made in its place.
 */
#ifndef CLIENT_MACHINE_IDENTITY_H
#define CLIENT_MACHINE_IDENTITY_H

#include "handle.h"
#include "state/records.h"

/* The digests of these sources under the salt of that identity. Pure. */
void hardware_digest(const struct hardware_sources *sources, const uint8_t salt[static SALT_SIZE],
                     struct hardware *ret_hardware);
/* The kinds of them that this user may not look at; their digests are nothing. Pure. */
void hardware_unreadable(const struct hardware_sources *sources, struct hardware *ret_kinds);
/* The secret behind the release lock of the lease that answers that nonce. Pure. */
void release_secret(const struct machine_secret *secret, const struct nonce *nonce,
                    uint8_t ret_secret[static RELEASE_SECRET_SIZE]);

/* The identity in the state folder; *ret_found is false where there is none. STATE_BROKEN, FILE_READ. */
RESULT identity_load(const aval_machine *machine, struct identity *ret_identity, bool *ret_found,
                     struct reason *reason);
/* The secret of the machine of that id. STATE_BROKEN where there is none of it, FILE_READ. */
RESULT secret_load(const aval_machine *machine, const struct machine_id *id, struct machine_secret *ret_secret,
                   struct reason *reason);
/* The identity to activate with: that of the folder where it is of this hardware and its secret is there, otherwise a
 * new one, stored. The caller holds the lock. FILE_READ, FILE_WRITE. */
RESULT identity_secure(const aval_machine *machine, struct identity *ret_identity, struct reason *reason);
/* For __attribute__((cleanup)): wipes it. */
void machine_secret_wipe(struct machine_secret *secret);
#define CLEANUP_SECRET __attribute__((cleanup(machine_secret_wipe)))

#endif
