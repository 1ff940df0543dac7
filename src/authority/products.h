/*
 * The newest product documents of a vendor that were imported, in a folder, each under its product's id. Kits bring
 * them to machines.
 */
#ifndef AUTHORITY_PRODUCTS_H
#define AUTHORITY_PRODUCTS_H

#include "base/reason.h"
#include "core/documents/documents.h"

/* Keeps a document that was opened by one of these keys. *ret_new is false where the kept one is the same or a newer
 * issue, which stays. Errors of files, NO_MEMORY. */
RESULT products_keep(const char *folder, const struct verifier_key *keys, size_t key_count, struct slice note,
                     const struct product *product, bool *ret_new, struct reason *reason);
/* Calls `each` with every one (borrowed for the call), in the order of their names; none where the folder is not there.
 * Its failure ends the walk and is returned. FILE_READ. */
RESULT products_each(const char *folder, RESULT (*each)(void *context, struct slice note), void *context,
                     struct reason *reason);

#endif
