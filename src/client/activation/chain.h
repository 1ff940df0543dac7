/* The chain behind a lease just received: license and revocations fetched where they are not in the folder, and every
 * link looked at. No lock is held. */
#ifndef CLIENT_ACTIVATION_CHAIN_H
#define CLIENT_ACTIVATION_CHAIN_H

#include "exchange.h"
#include "proto/answer.h"
#include "session.h"

/* Takes newer revocations than the session has, where the host says that there are and they are the vendor's: into the
 * session, and into the folder. SEQUENCE_UNSAID: it has not said what it has, as where it denies. */
#define SEQUENCE_UNSAID UINT64_MAX
void chain_refresh_revocations(struct session *session, const struct aval_attempt *asked, uint64_t sequence);

/* Looks at every link between the vendor and the lease that answers this request. Newer revocations go into the session
 * and into the folder, whatever the lease is worth: the vendor signed them. `shown` is the license that
 * the host has introduced itself with (of size 0: none), which is not fetched where the lease is under it. *license (of
 * any content before) is the license as the vendor signed it, yours to free. A failure is written to the attempt:
 * HOST_ANSWER, those of trust and of the exchange. */
RESULT chain_check(struct session *session, const struct awaited *awaited, const struct answer *answer,
                   struct slice shown, struct aval_attempt *attempt, struct reply *license,
                   struct believed *ret_believed);

#endif
