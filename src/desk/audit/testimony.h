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

#include "desk/audit/roll.h"
#include "rules.h"

/* Where it stands: the book has the roots of all that is before the leaf. */
struct testimony {
    struct book *book;
    uint64_t epoch; /* of the ledger */
    uint64_t index; /* of the leaf */
    const struct seen *seen;
    const struct verifier_key *host_key; /* of which it was seen, and which is the ledger's */
};

/* The book remembers what it tells to be lost. audit-seen, audit-request; audit-copy where it is of an epoch that
 * ended. Errors of the book. */
RESULT testimony_judge(const struct testimony *testimony, struct verdict *verdict, struct reason *reason);

/* The same of what the first leaf of an epoch tells that its host was shown. */
struct shown_testimony {
    struct book *book;
    const struct roll *roll;
    const struct epoch *epoch;
};
/* audit-leaf where nobody signed it; else as testimony_judge(). */
RESULT testimony_shown(const struct shown_testimony *shown, struct verdict *verdict, struct reason *reason);

#endif
