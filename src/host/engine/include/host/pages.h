/*
 * The pages of the ledgers for everybody (proto/tile_path.h), apart from HTTP.
 *
 * Always: nothing behind the last published checkpoint is shown; what is shown of a tile never changes.
 */
#ifndef HOST_PAGES_H
#define HOST_PAGES_H

#include "host/engine.h"

/* How long others may keep a page. */
#define KEEP_CHECKPOINT "public, max-age=5"
#define KEEP_TILE       "public, max-age=31536000, immutable"

enum {
    LEDGER_PAGE_MAX = 2 * 1024 * 1024, /* 256 leaves of LEAF_MAX, and more */
};

struct ledger_page {
    const char *type; /* media type */
    const char *keep; /* Cache-Control */
};

/* A vendor's ledger, for the operator's questions. */
struct ledger_choice {
    char vendor[NAME_SIZE];
    char origin[KEY_NAME_SIZE];
    struct published published;
};
/* `vendor` NULL: the only one there is. NOT_FOUND, USAGE with words that say which there are; HOST_SIGNER where nothing
 * has been signed since the start. */
RESULT ledger_choose(struct engine *engine, const char *vendor, struct ledger_choice *ret_choice,
                     char words[static ENGINE_WORDS_SIZE]);

/* Appends the page at that address behind API_LEDGER to `out`, which should take LEDGER_PAGE_MAX. `reader`: a handle
 * that nobody else uses meanwhile. NO_SUCH_PAGE where there is none, or not yet; errors of the store. */
RESULT ledger_page(struct engine *engine, struct store *reader, const char *address, struct buffer *out,
                   struct ledger_page *ret_page);

#endif
