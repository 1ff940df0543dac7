/* The stage that looks at the rows of machines; see step.h. */
#ifndef LEDGER_CHECK_MACHINES_H
#define LEDGER_CHECK_MACHINES_H

#include "check/step.h"

RESULT check_machines(struct step *step);

#endif
