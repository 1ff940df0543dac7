/*
 * The site key that this machine has, and what it shows of it with a request.
 *
 * A user who is not root shows his own; where he has none, that of the system's folder, which he mostly may not read.
 * Always: a request is asked without rather than not at all, since only a host knows whether it wants one.
 */
#ifndef CLIENT_SITE_SITE_KEY_H
#define CLIENT_SITE_SITE_KEY_H

#include "core/documents/site_key.h"
#include "machine/handle.h"

/* *ret_found is false where there is none. FILE_READ where this user may not look, STATE_BROKEN. */
RESULT site_key_find(const aval_machine *machine, struct site_key *ret_key, bool *ret_found, struct reason *reason);

/* In the folder of the call, which is the user's own. Both take its lock. FILE_WRITE, LOCKED. */
RESULT site_key_store(const aval_machine *machine, const struct site_key *key, struct reason *reason);
RESULT site_key_forget(const aval_machine *machine, struct reason *reason);

#endif
