/*
 * The tree of an audit: what the leaves of an export give, held at every size against what was known before.
 *
 * Known before are the roots in the book of the desk's last audit, one for each size, and a checkpoint that the vendor
 * kept. Where a root differs there are two trees; the first such place is remembered and no more is compared, since
 * nothing is proved before the checkpoint at the export's end was found to sign this tree. An export that is only older
 * than the last audit, or the same, agrees at every size.
 *
 * Always: `frontier` is that of the leaves so far, and the book has the roots of all sizes that came with them. For one
 * thread.
 */
#ifndef DESK_AUDIT_TREE_H
#define DESK_AUDIT_TREE_H

#include "core/tlog/export.h"
#include "desk/audit/book.h"

/* A tree that was signed before. */
struct anchor {
    uint64_t size;
    struct hash root;
};

/* Two trees of one host. */
struct difference {
    enum difference_kind {
        DIFFERENCE_NONE,
        DIFFERENCE_AUDITED, /* from what the desk has audited */
        DIFFERENCE_GIVEN,   /* from the checkpoint that the vendor kept */
        DIFFERENCE_TOLD     /* of the epoch before, as the first leaf tells it, from what the desk has audited of it */
    } kind;
    uint64_t size;       /* the smallest at which they are seen to differ */
    struct hash root;    /* there; of the export's tree, or as it tells */
    struct hash before;  /* of the other */
    struct anchor other; /* the other tree, where it was signed */
};

struct audit_tree {
    struct book *book; /* borrowed */
    struct frontier frontier;
    uint64_t known;        /* the book had the roots of all sizes up to this one */
    bool has_audited;      /* the desk has audited it before, */
    struct anchor audited; /* up to there */
    bool has_given;
    struct anchor given;
    struct difference difference;
};

/* Before the first leaf; the book has this ledger open, `ledger` is what it knows of it. `previous` is a checkpoint
 * that the vendor kept, or NULL. Errors of the book. */
RESULT audit_tree_begin(struct audit_tree *tree, const struct export_header *header, const struct checkpoint *previous,
                        const struct book_ledger *ledger, struct book *book, struct reason *reason);
/* Errors of the book. */
RESULT audit_tree_add(struct audit_tree *tree, struct slice leaf, struct reason *reason);
/* The first leaf tells another root of an epoch than the desk has audited of it at that size; `audited` is where that
 * audit ended. */
void audit_tree_told(struct audit_tree *tree, uint64_t size, const struct hash *told, const struct hash *before,
                     const struct anchor *audited);
/* CONSISTENCY_WRONG with both roots where it differs from what was known; for after its checkpoint was verified. */
RESULT audit_tree_conclude(const struct audit_tree *tree, struct reason *reason);

#endif
