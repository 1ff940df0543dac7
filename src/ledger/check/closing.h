/* What the epoch after a ledger says of it. */
#ifndef LEDGER_CHECK_CLOSING_H
#define LEDGER_CHECK_CLOSING_H

#include "check/step.h"

/* *ret_told: the ledger ended at the size of the position, as the next epoch of the same key says in its first leaf.
 * Where that names the root of just this size, it is the position's from then on. Not what is damaged: failures of the
 * store. */
RESULT closing_find(struct step *step, bool *ret_told);
/* When the next epoch began, as it says in its first leaf; TIME_MAX where there is none, or that is damaged. The same.
 */
RESULT closing_began(struct step *step, seconds *ret_began);
/* Whether that epoch of the key, by the store's number of its ledger, ended before that leaf was signed, as the next
 * one says. Reads its first leaf into step->leaf; what is damaged says nothing. Failures of the store. */
RESULT closing_leaves_out(struct step *step, uint32_t ledger, uint64_t index, bool *ret_out);

#endif
