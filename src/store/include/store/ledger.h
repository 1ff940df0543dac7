/* Ledgers in a store: leaves, hashes, the last checkpoint, and what is known to have been signed beside; see store.h.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "core/documents/documents.h"
#include "core/tlog/merkle.h"
#include "store/store.h"

/* The number of the ledger of that origin; NOT_FOUND. */
RESULT store_ledger_find(struct store *store, const char *origin, uint32_t *ret_ledger, struct reason *reason);
/* The same, made where there is none. Inside a transaction. */
RESULT store_ledger_make(struct store *store, const char *origin, uint32_t *ret_ledger, struct reason *reason);

/* The ledger with the lowest number above `after`, and its origin: from 0 on, all of them in the order in which they
 * were made. NOT_FOUND behind the last. */
RESULT store_ledger_next(struct store *store, uint32_t after, uint32_t *ret_ledger,
                         char ret_origin[static KEY_NAME_SIZE], struct reason *reason);

RESULT store_ledger_size(struct store *store, uint32_t ledger, uint64_t *ret_size, struct reason *reason);
/* Appends `count` leaves at the end; `first` must be the ledger's size (STORE_CORRUPT otherwise). */
RESULT store_leaves_append(struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves,
                           size_t count, struct reason *reason);
/* Appends leaf `index` to the buffer; NOT_FOUND where the ledger is shorter. */
RESULT store_leaf_get(struct store *store, uint32_t ledger, uint64_t index, struct buffer *out, struct reason *reason);
/* Calls `each` for leaves from `first` on, at most `count`, ascending. Stops early when `each` returns false. */
RESULT store_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                    bool (*each)(void *context, uint64_t index, struct slice leaf), void *context,
                    struct reason *reason);

/* ---- old leaves that lie elsewhere ---- */

enum { ARCHIVE_FOLDER_SIZE = 1024 };
/* The first `bundles` bundles of TILE_WIDTH leaves each of a ledger are no longer in the store, but in that folder. */
struct archived {
    uint64_t bundles; /* 0: none */
    char folder[ARCHIVE_FOLDER_SIZE];
};
/* Where such leaves are read: how a folder is meant, and which file it is, the store does not know. */
struct leaf_archive {
    /* Appends the bundle (core/tlog/bundle.h) with that number of the ledger of that origin. ARCHIVE_MISSING, with the
     * file's name in `reason`; NO_MEMORY. Called in any thread that reads. */
    RESULT(*read)
    (const void *context, const char *folder, const char *origin, uint64_t bundle, struct buffer *out,
     struct reason *reason);
    /* Whether there is something to be read. Names it in the reason in any case. */
    bool (*look)(const void *context, const char *folder, const char *origin, uint64_t bundle, struct reason *reason);
    const void *context;
};
/* From now on leaves that lie elsewhere are read there, through this handle and through readers opened later.
 *
 * Always: a leaf from there is handed out only if it has the hash that the store keeps for it. store_leaves and
 * store_leaf_get fail with ARCHIVE_MISSING, or ARCHIVE_DAMAGED where what is there is not what was archived. */
void store_archive_attach(struct store *store, const struct leaf_archive *archive);
/* All zero where nothing is. */
RESULT store_archived(struct store *store, uint32_t ledger, struct archived *ret_archived, struct reason *reason);
/* Whether the bytes are that bundle of the ledger, by the hashes that are kept: STORE_CORRUPT otherwise. */
RESULT store_bundle_check(struct store *store, uint32_t ledger, uint64_t bundle, struct slice bytes,
                          struct reason *reason);
/* Notes where the first `archived->bundles` bundles lie, no fewer than before, and drops their leaves, which the caller
 * has put there; at least one leaf of the ledger stays (STORE_CORRUPT otherwise). TEXT_NOT_UTF8 for the folder. Inside
 * a transaction. */
RESULT store_archive(struct store *store, uint32_t ledger, const struct archived *archived, struct reason *reason);
/* How many of the bundles that are archived, from number `first` on, are not where they should be; the first one is
 * named in `reason`. They are looked for, and not read. */
RESULT store_archive_look(struct store *store, uint32_t ledger, uint64_t first, uint64_t *ret_missing,
                          struct reason *reason);
/* Gives what dropped leaves had taken back to the file system, which needs as much room for a while as what is left.
 * Outside a transaction; nobody else has the store open. */
RESULT store_shrink(struct store *store, struct reason *reason);

/* Hashes at height 8 * level, as merkle_batch_tile_hashes gives them; `first` must be how many there are already
 * (STORE_CORRUPT otherwise). Kept as tiles of 256. */
RESULT store_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                           const struct hash *hashes, size_t count, struct reason *reason);
/* `count` hashes from `first`, all within one tile; NOT_FOUND where there are fewer. */
RESULT store_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                        struct hash *ret_hashes, struct reason *reason);
/* The same as a source for proofs. The context is caller's memory that must outlive the source. */
struct store_tiles {
    struct store *store;
    uint32_t ledger;
    struct reason *reason; /* borrowed; may be NULL */
};
struct tile_source store_tile_source(struct store_tiles *context);

/* The last signed checkpoint that was given out for a ledger, as a note; NOT_FOUND where none was kept. */
RESULT store_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out, struct reason *reason);
RESULT store_checkpoint_put(struct store *store, uint32_t ledger, struct slice note, struct reason *reason);

/* ---- what a host was shown of itself ---- */

/* A checkpoint that the host's key has signed, and whose tree the host does not have. */
struct shown {
    uint64_t epoch; /* that the origin names */
    struct seen seen;
};
/* Keeps it for the ledger (that of the key's first epoch), unless as large a one of that epoch is kept. Of more than
 * SHOWN_MAX those of the lowest epochs go. Inside a transaction. */
RESULT store_shown_put(struct store *store, uint32_t ledger, const struct shown *shown, struct reason *reason);
/* All that are kept, ascending by epoch. */
RESULT store_shown(struct store *store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count,
                   struct reason *reason);

#endif
