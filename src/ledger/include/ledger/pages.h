/*
 * The pages of the ledgers for everybody (proto/tile_path.h), apart from HTTP and from who signs.
 *
 * Always: nothing behind the last published checkpoint is shown; what is shown of a tile never changes. Thread-safe,
 * but for the handle that each call reads with.
 */
#ifndef LEDGER_PAGES_H
#define LEDGER_PAGES_H

#include "base/buffer.h"
#include "core/limits.h"
#include "proto/tile_path.h"
#include "store/store.h"

/* What everybody may see of a ledger: the tree signed last, and no leaf behind it. */
struct published {
    uint32_t ledger; /* in the store */
    uint64_t size;
    char note[PUBLISHED_NOTE_SIZE]; /* the checkpoint; "" before the first */
};

/* How long others may keep a page. */
#define CACHE_CHECKPOINT "public, max-age=5"
#define CACHE_TILE       "public, max-age=31536000, immutable"

enum {
    LEDGER_PAGE_MAX = 256 * (LEAF_MAX + 2), /* a tile of the longest leaves */
};

struct ledger_page {
    const char *type;  /* media type */
    const char *cache; /* Cache-Control */
};

/* Appends the page to `out`, which should take LEDGER_PAGE_MAX. `reader`: a handle that nobody else uses meanwhile.
 * NO_SUCH_PAGE where there is none, or not yet; errors of the store. */
RESULT ledger_page(const struct published *published, struct store *reader, const struct tile_path *path,
                   struct buffer *out, struct ledger_page *ret_page, struct reason *reason);

#endif
