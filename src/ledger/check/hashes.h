/* The stages that look at the checkpoint and at the hashes; see step.h. */
#ifndef LEDGER_CHECK_HASHES_H
#define LEDGER_CHECK_HASHES_H

#include "check/step.h"

RESULT check_begin(struct step *step);
RESULT check_hashes(struct step *step);
RESULT check_root(struct step *step);

#endif
