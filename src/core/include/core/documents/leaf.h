/*
 * A leaf of a ledger: one of the three documents that a host writes down in it. A lease and a release carry what the
 * machine signed, verbatim.
 *
 * Whoever handles leaves reads them by leaf_read() and switches over the kind, so that the compiler names every place
 * that a fourth kind would have to be thought of in. Pure, thread-safe.
 */
#ifndef CORE_DOCUMENTS_LEAF_H
#define CORE_DOCUMENTS_LEAF_H

#include "core/documents/documents.h"

enum leaf_kind { LEAF_LEASE, LEAF_RELEASED, LEAF_EPOCH };

struct leaf {
    enum leaf_kind kind;
    union {
        struct lease lease;
        struct released released;
        struct epoch epoch;
    };
    struct slice note; /* what the machine signed, borrowed from the text; empty for an epoch */
};

/* DOCUMENT_TYPE where it begins as none of the three; otherwise the errors of that document's reader. No signature is
 * verified. */
RESULT leaf_read(struct slice text, struct leaf *ret_leaf);
/* "lease", "released", "epoch". */
const char *leaf_kind_name(enum leaf_kind kind);
/* When it says that it was written: issued, released, began. */
seconds leaf_time(const struct leaf *leaf);
/* The id of the license that it is under, borrowed; NULL for an epoch, which is under none. */
const char *leaf_license(const struct leaf *leaf);
/* The key of the machine that signed what it carries, and the number; NULL and 0 for an epoch. Borrowed. */
const struct verifier_key *leaf_machine_key(const struct leaf *leaf);
uint64_t leaf_number(const struct leaf *leaf);
/* Reads a leaf that this machine key signed in: LEASE_OTHER_MACHINE where it is another's or nobody's,
 * LEASE_OTHER_REQUEST where the signature does not hold. What a machine believes without the host's word. */
RESULT leaf_open_own(struct slice text, const struct verifier_key *machine_key, struct leaf *ret_leaf);

#endif
