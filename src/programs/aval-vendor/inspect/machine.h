/* What a machine signs, what a host writes around it, and what a host answers; see inspection.h. */
#ifndef PROGRAMS_AVAL_VENDOR_INSPECT_MACHINE_H
#define PROGRAMS_AVAL_VENDOR_INSPECT_MACHINE_H

#include "inspect/inspection.h"

RESULT inspect_request(struct inspection *inspection);
RESULT inspect_release(struct inspection *inspection);
/* A leaf without its proof. */
RESULT inspect_leaf(struct inspection *inspection);
RESULT inspect_denial(struct inspection *inspection);
RESULT inspect_proof(struct inspection *inspection);
bool introduction_begins(struct slice text);
RESULT inspect_introduction(struct inspection *inspection);

#endif
