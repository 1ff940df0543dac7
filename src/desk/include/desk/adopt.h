/*
 * Taking back into the record what this vendor signed and the record has lost, as where the desk is an old copy of
 * itself: licenses, revocations and product documents, as signed.
 *
 * Always: nothing is believed but what one of the desk's own keys signed that is not revoked, and nothing in the record
 * changes; so taking the same in again does nothing. For one thread.
 */
#ifndef DESK_ADOPT_H
#define DESK_ADOPT_H

#include "desk/desk.h"

struct adoption {
    enum document_type type;
    bool known_already;
    struct verifier_key signer;
    struct license license; /* of a license */
    char id[NAME_SIZE];     /* of a product or license; sequence of revocations */
    bool is_newest;         /* of a product document or revocations: from now on it is the one in force */
};

/* Checks a document, and adds it where it is not there. DOCUMENT_TYPE: it is none of the three; SIGNER_UNKNOWN,
 * SIGNATURE_WRONG; LICENSE_REVOKED: by a key that is revoked; FILE_EXISTS: the record has another license of that id,
 * or other revocations of that sequence; REVOCATIONS_OLDER: the record has newer ones that do not hold all of these, or
 * such by a key that stands higher; errors of form; as desk_add_license(). */
RESULT desk_adopt(struct desk *desk, struct slice note, struct adoption *ret_adoption, struct reason *reason);

#endif
