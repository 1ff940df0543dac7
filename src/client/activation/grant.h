/*
 * One host's lease, on its way from the request into the state folder.
 *
 * Always: the folder's lock is held while the request is made and while the lease is stored, and at no other time, so
 * that a slow host keeps nobody from the folder. What was true when the request was made may be so no longer when the
 * answer comes; then the lease is not stored:
 *
 *   product key or identity removed or replaced         state-changed
 *   the lease in force released or removed              state-changed
 *   another host's lease stored                         state-changed
 *   a later release of the product                      state-changed
 *   a later lease of the same ledger stored             success: that lease is in force, and the one that the host
 *                                                       takes for this machine's
 *
 * A lease that is not stored is to the host like an answer that was lost on its way.
 */
#ifndef CLIENT_ACTIVATION_GRANT_H
#define CLIENT_ACTIVATION_GRANT_H

#include "session.h"

/* Has the host that the attempt names introduce itself where it is not known, asks it, and stores its lease, once every
 * link of its chain holds. `session` was prepared
 * for this (session_prepare) and has an edition; its revocations may be newer afterwards. The attempt says what came of
 * it. Denials, failures of the exchange and of trust; STATE_CHANGED; LOCKED, FILE_READ, FILE_WRITE. */
RESULT grant_obtain(struct session *session, struct aval_attempt *attempt);

/* The same in two halves, for files: the request is made, kept in the folder in the place of an earlier one, and
 * appended to `out`. `host_key` NULL: the host introduces itself, over the machine's transport; otherwise it is known
 * by a checkpoint. Failures as above, in the attempt. */
RESULT grant_request(struct session *session, struct aval_attempt *attempt, const struct verifier_key *host_key,
                     struct buffer *out);
/* And its answer, which the machine's transport gives, is stored; `note` is the request that was kept. NOTHING_AWAITED
 * where that is none of this machine's. */
RESULT grant_accept(struct session *session, struct aval_attempt *attempt, struct slice note);

#endif
