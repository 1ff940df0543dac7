/* Leaves that carry a note: what is the same for all of them. */
#ifndef CORE_DOCUMENTS_MACHINE_CARRIED_H
#define CORE_DOCUMENTS_MACHINE_CARRIED_H

#include "core/form/form.h"

/* What the reader of the note said, with its line counted in the whole leaf. TEXT_TRUNCATED where there is no note. */
RESULT carried_result(struct slice head, struct slice note, struct result read);
/* The leaf's own lines, an empty one, the note. */
RESULT carried_write(form_schema *schema, const void *document, struct slice note, struct buffer *out);

#endif
