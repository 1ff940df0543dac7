/*
 * A leaf of a ledger: one of the three documents that a host writes down in it.
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
};

/* DOCUMENT_TYPE where it begins as none of the three; otherwise the errors of that document's reader. */
RESULT leaf_read(struct slice text, struct leaf *ret_leaf);
/* "lease", "released", "epoch". */
const char *leaf_kind_name(enum leaf_kind kind);
/* When it says that it was written: issued, released, began. */
seconds leaf_time(const struct leaf *leaf);
/* The id of the license that it is under, borrowed; NULL for an epoch, which is under none. */
const char *leaf_license(const struct leaf *leaf);

#endif
