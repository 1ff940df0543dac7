/* The chain behind a lease just received: license and revocations fetched where they are not in the folder, and every
 * link looked at. No lock is held. */
#ifndef CLIENT_ACTIVATION_CHAIN_H
#define CLIENT_ACTIVATION_CHAIN_H

#include "exchange.h"
#include "proto/answer.h"
#include "session.h"

/* Looks at every link between the vendor and the lease that answers this nonce. Newer revocations go into the session
 * and into the folder, whatever the lease is worth: the vendor signed them. *license (of any content before) is the
 * license as the vendor signed it, yours to free. A failure is written to the attempt: HOST_ANSWER, those of trust and
 * of the exchange. */
RESULT chain_check(struct session *session, const struct nonce *nonce, const struct answer *answer,
                   struct aval_attempt *attempt, struct reply *license, struct believed *ret_believed);

#endif
