/*
 * The audit of the exports of all hosts that licenses join, together: their leaves are taken in the order of their
 * times, so that the seats of one license are counted over all of its hosts at each moment.
 *
 * A host's exports, parts and epochs of its ledger, follow one another, and each ledger's own order is kept. As soon as
 * one of several hosts has no more to say, or where one has nothing to say at all, nothing that comes later is final:
 * it is judged and counted as far as it goes, but what the book keeps in the end stands at that moment, so that the
 * next audit begins there, with the leaves of all hosts. A ledger without a leaf says that there was nothing.
 *
 * For one thread.
 */
#ifndef DESK_AUDIT_WALK_H
#define DESK_AUDIT_WALK_H

#include "desk/audit/audit.h"
#include "desk/audit/stream.h"

/* All is borrowed. */
struct walk_export {
    struct audit *audit; /* all zero */
    struct roll *roll;
    struct audit_stream *stream;       /* its header has been handed out */
    const struct checkpoint *previous; /* that the vendor kept, or NULL */
    struct buffer *note;               /* the checkpoint at the end is appended */
    bool done;                         /* it verified */
};

struct audit_walk {
    struct walk_export *exports; /* those of a host together, by epoch and beginning */
    size_t count;
    struct book *book;
    seconds now;
    void (*each)(void *context, uint64_t done); /* is told how many leaves are done; may be NULL */
    void *context;
    size_t at; /* after a failure: the export that it is of */
};

/* Whether the book has a ledger of that host, or the walk an export. */
bool audit_walk_has(const struct audit_walk *walk, const char *host);

/* Errors of audit_begin, audit_leaf, audit_end, of the streams and of the book. */
RESULT audit_walk(struct audit_walk *walk, struct reason *reason);
/* Makes the book one to be kept, and finishes it: what is not final is taken back, and what was signed is remembered.
 */
RESULT audit_walk_finish(const struct audit_walk *walk, struct reason *reason);

#endif
