/* Seats that operators took back from machines that are gone. */
#ifndef DESK_AUDIT_RECLAIMS_H
#define DESK_AUDIT_RECLAIMS_H

#include "desk/audit/book.h"
#include "desk/audit/roll.h"
#include "rules.h"

/* Judges a reclaim under the license, and frees the seat where it does: audit-reclaim where it names another lease than
 * the machine holds, as its host must know. */
RESULT reclaim_judge(const struct roll *roll, struct book *book, const struct reclaimed *reclaimed,
                     const struct roll_license *known, struct verdict *verdict, struct reason *reason);

#endif
