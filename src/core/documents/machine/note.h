/* The note around what a machine signs, for the documents that lie in it. */
#ifndef CORE_DOCUMENTS_MACHINE_NOTE_H
#define CORE_DOCUMENTS_MACHINE_NOTE_H

#include "core/documents/documents.h"

/* Takes it apart: TEXT_TOO_LONG, NOTE_FORM where it has not one signature, errors of note_read(). */
RESULT machine_note_read(struct slice bytes, struct note *ret_note);
/* Whether its signature is by that key, and holds. SIGNER_UNKNOWN, NOTE_FORM, SIGNATURE_WRONG. */
RESULT machine_note_check(const struct note *note, const struct verifier_key *machine_key);

#endif
