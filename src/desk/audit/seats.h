/*
 * Whose seats those of a license are, where licenses take the place of others, and what a machine leaves.
 *
 * For the audit's book and roll; errors of the book. For one thread.
 */
#ifndef DESK_AUDIT_SEATS_H
#define DESK_AUDIT_SEATS_H

#include "desk/audit/book.h"
#include "desk/audit/roll.h"
#include "rules.h"

/* Licenses that have begun by the moment of the book take the place of others, once they are in it. */
RESULT seats_begin(const struct roll *roll, struct book *book, struct reason *reason);
/* book_advance(), and on the way each at its time. */
RESULT seats_advance(const struct roll *roll, struct book *book, seconds until, struct reason *reason);
/* Under which license the book has what machines hold under that one now. Borrowed. */
const struct roll_license *seats_of(const struct roll *roll, const struct book *book, const struct roll_license *known);
/* The machine has got that lease, of a seat of `seat`, in the leaf whose root came last, and has no seat any more under
 * another license for the same, as far as that may be given back. `behind`: of later epochs more is in the book
 * already; what the machine signed after the request, it has not left with it. */
RESULT seats_leave_others(const struct roll *roll, struct book *book, const struct roll_license *seat,
                          const struct lease *lease, bool behind, struct reason *reason);
/* Of a lease under the license, which has taken a seat of `seat`, of which so many were held before. Of those that the
 * host may know to be free, or not know of, nothing is said. */
RESULT seats_judge(struct book *book, const struct roll_license *known, const struct roll_license *seat,
                   uint64_t held_before, struct verdict *verdict, struct reason *reason);

/* The machine gives its seat of `seat` back, or the operator takes it: by what `known`, which the leaf names, allows it
 * is free, or held until its leases end. `holding`: what the book has of it. */
RESULT seats_release(struct book *book, const struct released *released, const struct roll_license *known,
                     const struct roll_license *seat, const struct holding *holding, struct reason *reason);
RESULT seats_reclaim(struct book *book, const struct reclaimed *reclaimed, const struct roll_license *known,
                     const struct roll_license *seat, const struct holding *holding, struct reason *reason);

#endif
