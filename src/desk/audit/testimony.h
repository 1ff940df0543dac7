/*
 * What a machine says that it has seen of its host, held against the host's ledger.
 *
 * Each request carries a checkpoint with the host's signature, under the signature of the machine. It must be one of
 * this ledger before the leaf, or of an epoch of it that ended. The host's signature is looked at only where the tree
 * is another one: where it holds, the host's key has signed two trees, whoever tells it; where it does not, the host
 * took what no honest host takes, and nothing is proved.
 */
#ifndef DESK_AUDIT_TESTIMONY_H
#define DESK_AUDIT_TESTIMONY_H

#include "desk/audit/audit.h"
#include "rules.h"

/* Of leaf `index`, after it was added to the audit's tree; the book remembers what it tells to be lost. audit-seen,
 * audit-request. Errors of the book. */
RESULT testimony_judge(struct audit *audit, uint64_t index, const struct seen *seen,
                       const struct verifier_key *host_key, struct verdict *verdict, struct reason *reason);

#endif
