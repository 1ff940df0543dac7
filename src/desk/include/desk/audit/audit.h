/*
 * The audit of one export of a ledger: that the tree is the one signed and extends those signed before and those that
 * machines have seen, and that each leaf carries what its machine signed and is within the terms of the license it
 * names.
 *
 * What is wrong with the tree ends the audit with an error, and the particulars go to `reason`. What is wrong with a
 * leaf is a finding; the audit goes on. An audit is complete where its book knows every lease before the export's
 * first: the export begins at 0, or not behind the end of the desk's audit before. Otherwise it is partial: seats and
 * machines are at least what it says, and releases of leases that it does not know are not judged.
 *
 * Leaves that were audited before are not judged again: their roots are held against those in the book, and the audit
 * goes on behind them. An export that ends no later than the audit before has nothing new; its book must not be kept.
 *
 * A ledger that was begun again after a loss (an epoch from 2 on) says so in its first leaf. The machines of the epoch
 * before hold their seats on, so the audit of its beginning goes on from the book of that epoch, or is partial. Where
 * the tree that this leaf tells is not the one that the desk has audited at that size, the host has two. Where it is,
 * and the desk has audited more of that epoch, or machines have seen more of it signed, what lay between is lost: the
 * book remembers how far it had gone. That is no finding; nobody needs to have lied. Lost leases that the desk has
 * audited stay in the book, with their seats, until they end. Their numbers and those of lost releases do not count any
 * more, since the host cannot know of them, and machines ask again what was not answered.
 *
 * Leaves may be dated ahead of the auditor's clock. Nobody is accused by that, and nothing is gained by it: the time of
 * the ledger goes on with them, so that seats are free when their leases end, and where a later epoch goes back, every
 * lease holds its seat until its own end all the same. Months to come are not in the true-up.
 *
 * Reads no clock and no files, except its book. For one thread.
 */
#ifndef DESK_AUDIT_AUDIT_H
#define DESK_AUDIT_AUDIT_H

#include "base/hash.h"
#include "desk/audit/book.h"
#include "desk/audit/roll.h"
#include "desk/audit/tree.h"

enum {
    FINDINGS_KEPT = 100, /* the first ones; all are counted */
    FINDING_WORDS_SIZE = 512
};

struct finding {
    uint64_t index;
    enum error_code code;
    char license[NAME_SIZE];            /* "": the leaf does not say */
    char machine[MACHINE_ID_TEXT_SIZE]; /* the same */
    char words[FINDING_WORDS_SIZE];
};

/* A lease whose request the operator answered as a file, which may be 30 days older. That is no finding. */
enum { OFFLINE_KEPT = 1000 };
struct offline_lease {
    uint64_t index;
    char license[NAME_SIZE];
    struct machine_id machine;
    seconds asked;
    seconds issued;
};

/* Leaves that are dated later than the auditor's clock allows: that of the host was ahead when it wrote them, or this
 * one is behind. That is no finding. */
struct dated_ahead {
    uint64_t count; /* 0: there is none */
    uint64_t first; /* of them, the index */
    uint64_t last;
    seconds from; /* the earliest and the latest of their times */
    seconds until;
};

/* Allocate with calloc; it is large. */
struct audit {
    struct roll *roll; /* borrowed, as is the book */
    struct book *book;
    seconds now;
    uint64_t from;
    uint64_t to;
    bool partial;
    bool continues;          /* from 0, or from where the desk's audit before ended */
    bool nothing_new;        /* all of it was audited before */
    uint64_t audited_before; /* leaves of the export that were; they are not judged again */
    seconds audited_on;      /* when they all had been; 0: there are none */
    bool behind;             /* the desk has audited a later epoch of this host already */
    seconds began_after;     /* the time where the desk's audit of the latest epoch before ended; 0: not known */
    const char *host;        /* as the key of this ledger's host is named; borrowed from the roll */
    size_t ledger;           /* its number in the book */
    bool at_release;         /* the leaf that is judged frees a seat */
    struct audit_tree tree;

    struct dated_ahead ahead;
    seconds set_back_from; /* where the ledger before was dated until then, and this one began earlier; 0: it did not */
    seconds moment;        /* the latest time of a leaf; 0: none */
    int first_month;       /* of the first leaf, or of the moment when the audit before ended */
    bool has_epoch;        /* the first leaf says why the ledger was begun again */
    struct epoch epoch;
    uint64_t leases;   /* in the export */
    uint64_t releases; /* the same */
    uint64_t reclaims;
    uint64_t offline_count; /* leases by files; the first OFFLINE_KEPT of them are here */
    struct offline_lease offline[OFFLINE_KEPT];
    bool has_asked;            /* of the leaves that were judged: */
    uint64_t asked_at;         /* the first that carries what a machine signed, */
    struct verifier_key asked; /* and the host key that it asked */
    uint64_t finding_count;
    struct finding findings[FINDINGS_KEPT];
    struct checkpoint checkpoint; /* after audit_end */
};

/* Opens a checkpoint note of the roll's ledger by any of its host's keys. AUDIT_LICENSE_UNKNOWN where the roll has no
 * key; those of checkpoint_open. */
RESULT roll_open_checkpoint(const struct roll *roll, struct slice note, struct checkpoint *ret_checkpoint);

/* Whether an audit of an export that begins there can go on in that book; otherwise it needs an empty one. */
bool audit_continues(const struct book *book, const struct roll *roll, uint64_t from);

/* Whether a finished audit's book may take the place of the one kept before: it goes on from that one, farther. */
bool audit_is_to_be_kept(const struct audit *audit);

/* Where a leaf of that time takes its place among those of several hosts: their clocks may be that far apart, and a
 * seat that one has given back may be given by another that is behind. */
enum { HOSTS_APART = 30 * 60 };
seconds audit_due(const struct roll *roll, seconds time, bool frees_seat);

/* Begins with an export's header. `previous` is a checkpoint that the vendor kept, or NULL. AUDIT_GAP where nothing
 * vouches for what stands before the export, AUDIT_SHORT where it ends before the checkpoint that the vendor kept;
 * errors of the book. */
RESULT audit_begin(struct audit *audit, const struct export_header *header, struct roll *roll, struct book *book,
                   const struct checkpoint *previous, seconds now, struct reason *reason);
/* Leaf after leaf. Errors of the book. */
RESULT audit_leaf(struct audit *audit, uint64_t index, struct slice text, struct reason *reason);
/* The checkpoint at the end. CHECKPOINT_SIGNER, CHECKPOINT_ORIGIN, errors of form; AUDIT_ROOT; CONSISTENCY_WRONG where
 * it signs another tree than what was known before, or tells another one of the epoch before, with tree.difference. */
RESULT audit_end(struct audit *audit, struct slice note, struct reason *reason);
/* The book learns what the host has signed, as audit_end() has it; once more where that was taken back. NO_MEMORY. */
RESULT audit_sign(const struct audit *audit);

#endif
