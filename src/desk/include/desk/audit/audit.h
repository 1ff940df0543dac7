/*
 * The audit of one export of a ledger: that the tree is the one signed and extends those signed before, and that each
 * leaf is within the terms of the license it names.
 *
 * What is wrong with the tree ends the audit with an error, and the particulars go to `reason`. What is wrong with a
 * leaf is a finding; the audit goes on. An audit is complete where its book knows every lease before the export's
 * first: the export begins at 0, or where the desk's audit before ended. Otherwise it is partial: seats and machines
 * are at least what it says, and releases of machines that it does not know are not judged.
 *
 * A ledger that was begun again after a loss (an epoch from 2 on) says so in its first leaf. The machines of the epoch
 * before hold their seats on, so the audit of its beginning goes on from the book of that epoch, or is partial.
 *
 * Reads no clock and no files, except its book. For one thread.
 */
#ifndef DESK_AUDIT_AUDIT_H
#define DESK_AUDIT_AUDIT_H

#include "base/hash.h"
#include "desk/audit/book.h"
#include "desk/audit/roll.h"
#include "desk/audit/stream.h"

enum {
    FINDINGS_KEPT = 100, /* the first ones; all are counted */
    FINDING_WORDS_SIZE = 256,
    AUDIT_BATCH = 1024, /* leaf hashes appended to the tree at once */
    ANCHORS_MAX = 2
};

struct finding {
    uint64_t index;
    enum error_code code;
    char license[NAME_SIZE];            /* "": the leaf does not say */
    char machine[MACHINE_ID_TEXT_SIZE]; /* the same */
    char words[FINDING_WORDS_SIZE];
};

/* A tree signed before: at this size the root must be this one. */
struct anchor {
    uint64_t size;
    struct hash root;
};

/* Allocate with calloc; it is large. */
struct audit {
    struct roll *roll; /* borrowed, as is the book */
    struct book *book;
    seconds now;
    uint64_t from;
    uint64_t to;
    bool partial;
    bool continues;              /* from 0, or from where the desk's audit before ended: its book may be kept */
    struct book_mark last_epoch; /* where the desk's audit of the epoch before ended; all zero: not known */
    size_t anchor_count;
    struct anchor anchors[ANCHORS_MAX];

    struct frontier frontier;
    size_t hash_count; /* of leaves not yet in the frontier */
    struct hash hashes[AUDIT_BATCH];

    seconds moment;  /* the latest time of a leaf that can be true; 0: none */
    int first_month; /* of the first leaf, or of the moment when the audit before ended */
    bool has_epoch;  /* the first leaf says why the ledger was begun again */
    struct epoch epoch;
    uint64_t leases;
    uint64_t releases;
    uint64_t finding_count;
    struct finding findings[FINDINGS_KEPT];
    struct checkpoint checkpoint; /* after audit_end */
};

/* Opens a checkpoint note of the roll's ledger by any of its host's keys. AUDIT_LICENSE_UNKNOWN where the roll has no
 * key; those of checkpoint_open. */
RESULT roll_open_checkpoint(const struct roll *roll, struct slice note, struct checkpoint *ret_checkpoint);

/* What the vendor knows from before; each may be NULL. */
struct audit_past {
    const struct checkpoint *previous;  /* kept by the vendor */
    const struct book_mark *kept;       /* where the desk's audit before of this ledger ended */
    const struct book_mark *last_epoch; /* the same of the epoch before this one */
};
/* Which of them the book of an audit must continue; NULL: it must be empty. */
const struct book_mark *audit_continues(const struct export_header *header, const struct audit_past *past);

/* Begins with an export's header. AUDIT_GAP where nothing vouches for what stands before the export; CONSISTENCY_WRONG
 * where the ledger is smaller than one of those signed before, or another. */
RESULT audit_begin(struct audit *audit, const struct export_header *header, struct roll *roll, struct book *book,
                   const struct audit_past *past, seconds now, struct reason *reason);
/* Leaf after leaf. CONSISTENCY_WRONG; errors of the book. */
RESULT audit_leaf(struct audit *audit, uint64_t index, struct slice text, struct reason *reason);
/* The checkpoint at the end. CHECKPOINT_SIGNER, CHECKPOINT_ORIGIN, errors of form; CONSISTENCY_WRONG; AUDIT_ROOT. */
RESULT audit_end(struct audit *audit, struct slice note, struct reason *reason);
/* All leaves and the end, from a stream whose header has been handed out; the note is appended to `note`. `each` (may
 * be NULL) is told how many leaves are done. */
RESULT audit_run(struct audit *audit, struct audit_stream *stream, struct buffer *note,
                 void (*each)(void *context, uint64_t done), void *context, struct reason *reason);
/* Where the next audit goes on. */
struct book_mark audit_mark(const struct audit *audit);

#endif
