/* What everybody may see of a ledger, and the operator's choice among several. Thread-safe. */
#ifndef HOST_PUBLISHED_H
#define HOST_PUBLISHED_H

#include "base/reason.h"
#include "host/engine.h"

/* One of the vendors; NULL: the only one there is. NOT_FOUND, USAGE with a reason that says which there are. Borrows.
 */
RESULT vendor_choose(const struct authority *authority, const char *vendor, const struct authority_vendor **ret_vendor,
                     struct reason *reason);

/* A vendor's ledger, for the operator's questions. */
struct ledger_choice {
    char vendor[NAME_SIZE];
    char origin[KEY_NAME_SIZE];
    struct published published;
};
/* `vendor` NULL: the only one there is. NOT_FOUND, USAGE with a reason that says which there are; HOST_SIGNER where
 * nothing has been signed since the start. */
RESULT ledger_choose(struct engine *engine, const char *vendor, struct ledger_choice *ret_choice,
                     struct reason *reason);

/* Appends the page at that address behind API_LEDGER; see ledger/pages.h. */
RESULT published_page(struct engine *engine, struct store *reader, const char *address, struct buffer *out,
                      struct ledger_page *ret_page, struct reason *reason);

#endif
