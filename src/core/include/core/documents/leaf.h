/*
 * A leaf of a ledger: one of the four documents that a host writes down in it. A lease and a release carry what the
 * machine signed, verbatim; of a seat that was reclaimed and of an epoch the host speaks alone.
 *
 * Whoever handles leaves reads them by leaf_read() and switches over the kind, so that the compiler names every place
 * that a fifth kind would have to be thought of in. Pure, thread-safe.
 */
#ifndef CORE_DOCUMENTS_LEAF_H
#define CORE_DOCUMENTS_LEAF_H

#include "core/documents/documents.h"

enum leaf_kind { LEAF_LEASE, LEAF_RELEASED, LEAF_RECLAIMED, LEAF_EPOCH };

struct leaf {
    enum leaf_kind kind;
    union {
        struct lease lease;
        struct released released;
        struct reclaimed reclaimed;
        struct epoch epoch;
    };
    struct slice note; /* what the machine signed, borrowed from the text; empty where it carries nothing */
};

/* DOCUMENT_TYPE where it begins as none of the four; otherwise the errors of that document's reader. No signature is
 * verified. */
RESULT leaf_read(struct slice text, struct leaf *ret_leaf);
/* "lease", "released", "reclaimed", "epoch". */
const char *leaf_kind_name(enum leaf_kind kind);
/* When it says that it was written: issued, released, reclaimed, began. */
seconds leaf_time(const struct leaf *leaf);
/* The id of the license that it is under, borrowed; NULL for an epoch, which is under none. */
const char *leaf_license(const struct leaf *leaf);
/* The key of the machine that signed what it carries, and the number; NULL and 0 where it carries nothing. Borrowed. */
const struct verifier_key *leaf_machine_key(const struct leaf *leaf);
uint64_t leaf_number(const struct leaf *leaf);
/* Whether it says that a seat came back before its lease ended. */
bool leaf_frees_seat(const struct leaf *leaf);
/* The machine that it is about; NULL for an epoch. Borrowed. */
const struct machine_id *leaf_machine(const struct leaf *leaf);
/* Reads a leaf that this machine key signed in: LEASE_OTHER_MACHINE where it is another's or nobody's,
 * LEASE_OTHER_REQUEST where the signature does not hold. What a machine believes without the host's word. */
RESULT leaf_open_own(struct slice text, const struct verifier_key *machine_key, struct leaf *ret_leaf);

#endif
