/*
 * Who this machine is: a key for each vendor, so that nobody who reads two ledgers can tell that two entries are of one
 * machine. It is made at first use, bound to the hardware, and its secret half only its owner can read.
 *
 * Hardware digests are keyed with a random salt that stands beside the key and is sent to nobody. (Salting with the id
 * alone would let everyone who reads a ledger, where the id stands, try serial numbers against the digests.) Always: an
 * identity whose last lease, or that where it had none was made, describes other hardware is not used for a request; a
 * new one is made in its place. Hosts hold a key to the same (core/rules/decide.h).
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

/* The identity for that vendor (an id) in the state folder; *ret_found is false where there is none. STATE_BROKEN,
 * FILE_READ. */
RESULT identity_load(const aval_machine *machine, const char *vendor, struct identity *ret_identity, bool *ret_found,
                     struct reason *reason);
/* The secret half of that identity's key. STATE_BROKEN where it is not there, FILE_READ. Yours to free. */
RESULT identity_key(const aval_machine *machine, const char *vendor, const struct identity *identity,
                    struct signing_key **ret_key, struct reason *reason);
/* The identity to activate with: that of the folder where it is of this hardware and its secret half is there,
 * otherwise a new one, stored. The caller holds the lock. FILE_READ, FILE_WRITE. */
RESULT identity_secure(const aval_machine *machine, const char *vendor, struct identity *ret_identity,
                       struct reason *reason);
/* It has a lease that describes this hardware, and is of that from now on: a machine that changes little by little
 * stays the one that it was, as far as its host can tell. The caller holds the lock. FILE_WRITE. */
RESULT identity_settle(const aval_machine *machine, const char *vendor, const struct identity *identity,
                       const struct hardware *hardware, struct reason *reason);

#endif
