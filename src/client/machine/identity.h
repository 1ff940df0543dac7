/*
 * Who this machine is: a key for each vendor, so that nobody who reads two ledgers can tell that two entries are of one
 * machine. It is made at first use, bound to the hardware, and its secret half only its owner can read.
 *
 * Hardware digests are keyed with a random salt that stands beside the key and is sent to nobody. (Salting with the id
 * alone would let everyone who reads a ledger, where the id stands, try serial numbers against the digests.) Always: an
 * identity whose last lease, or that where it had none was made, describes other hardware is not used for a request; a
 * new one is made. Hosts hold a key to the same (core/rules/decide.h).
 *
 * A folder that several machines use in turn or at once, as homes on a server are, has an identity for each: they take
 * no seat from each other, and each finds its own again. The first lies where the only one does, the others beside it.
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

enum { PLACES_MAX = 64 /* of one folder; then the oldest gives way, and is another machine when it comes back */ };

/* The identity for that vendor (an id) in the state folder, this machine's where it is among them, otherwise the
 * first; *ret_found is false where there is none. STATE_BROKEN, FILE_READ. */
RESULT identity_load(const aval_machine *machine, const char *vendor, struct identity *ret_identity, bool *ret_found,
                     struct reason *reason);
/* The one at that place, whosever it is. STATE_BROKEN, FILE_READ. */
RESULT identity_load_at(const aval_machine *machine, const char *vendor, unsigned place, struct identity *ret_identity,
                        bool *ret_found, struct reason *reason);
/* Whether that hardware is of the machine that the identity was last used on, as far as this user can look. Pure. */
bool identity_is_of(const struct identity *identity, const struct hardware_sources *sources);
/* The secret half of that identity's key. STATE_BROKEN where it is not there, FILE_READ. Yours to free. */
RESULT identity_key(const aval_machine *machine, const char *vendor, const struct identity *identity,
                    struct signing_key **ret_key, struct reason *reason);
/* The identity to activate with: that of the folder which is of this hardware and whose secret half is there,
 * otherwise a new one, stored beside those of other machines. The caller holds the lock. FILE_READ, FILE_WRITE. */
RESULT identity_secure(const aval_machine *machine, const char *vendor, struct identity *ret_identity,
                       struct reason *reason);
/* It has a lease that describes this hardware, and is of that from now on: a machine that changes little by little
 * stays the one that it was, as far as its host can tell. The caller holds the lock. FILE_WRITE. */
RESULT identity_settle(const aval_machine *machine, const char *vendor, const struct identity *identity,
                       const struct hardware *hardware, struct reason *reason);

#endif
