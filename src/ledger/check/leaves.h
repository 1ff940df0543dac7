/* The stage that looks at the leaves; see step.h. */
#ifndef LEDGER_CHECK_LEAVES_H
#define LEDGER_CHECK_LEAVES_H

#include "check/step.h"
#include "core/documents/leaf.h"

RESULT check_leaves(struct step *step);

/* The number of a license of this ledger; 0 where there is none. */
RESULT find_license(struct step *step, const char *id, uint32_t *ret_license);
/* Whether the row says what its leaf says. May read another leaf into step->leaf. Failures of the store. */
RESULT row_tells(struct step *step, const struct machine_record *record, const struct leaf *leaf, bool *ret_tells);
/* Reads a leaf of a ledger into step->leaf. */
RESULT read_leaf(struct step *step, uint32_t ledger, uint64_t index, bool *ret_sound);

#endif
