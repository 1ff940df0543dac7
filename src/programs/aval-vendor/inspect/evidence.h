/* Evidence of machines against a host; see inspection.h. */
#ifndef PROGRAMS_AVAL_VENDOR_INSPECT_EVIDENCE_H
#define PROGRAMS_AVAL_VENDOR_INSPECT_EVIDENCE_H

#include "inspect/inspection.h"

RESULT inspect_evidence(struct inspection *inspection);

#endif
