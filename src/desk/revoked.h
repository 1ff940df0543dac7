/* Two lists of revocations held against each other. */
#ifndef DESK_REVOKED_H
#define DESK_REVOKED_H

#include "core/documents/documents.h"

/* Whether the list holds all that the other one does. */
bool revoked_holds_all(const struct revocations *revocations, const struct revocations *other);
/* Adds what the other one holds beyond it, unsorted. DOCUMENT_LIMIT. */
RESULT revoked_join(struct revocations *revocations, const struct revocations *other);

#endif
