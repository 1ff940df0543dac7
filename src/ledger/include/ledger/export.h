/*
 * The export of a ledger (core/tlog/export.h), read from the store piece by piece while it is sent, in constant memory.
 *
 * Always: it ends with the checkpoint that was published when it began, whatever is appended to the ledger meanwhile.
 */
#ifndef LEDGER_EXPORT_H
#define LEDGER_EXPORT_H

#include "core/tlog/export.h"
#include "ledger/pages.h"

enum {
    LEDGER_EXPORT_PIECE_ENOUGH = 64 * 1024, /* bytes behind which no leaf is added to a piece */
    LEDGER_EXPORT_PIECE_MAX = 2 * LEDGER_EXPORT_PIECE_ENOUGH,
};

/* An export under way. Holds nothing to be freed. */
struct ledger_export {
    struct store *reader;       /* borrowed; nobody else uses it during a call */
    struct published published; /* its last checkpoint ends it */
    struct export_header header;
    bool begun;    /* the header is written */
    uint64_t next; /* leaf */
};

/* Begins the export of the ledger of that origin, from leaf `since` on, at most published->size. ARCHIVE_MISSING, with
 * the name of the first, where files are missing that it will read; errors of the store. */
RESULT ledger_export_begin(struct store *reader, const struct published *published, const char *origin, uint64_t since,
                           struct ledger_export *ret_export, struct reason *reason);
/* Appends the next piece to `out`: at least one byte, at most LEDGER_EXPORT_PIECE_MAX. *ret_last is set where nothing
 * follows. STORE_CORRUPT where a signed leaf is not there; errors of the store; NO_MEMORY by the buffer's own state. */
RESULT ledger_export_next(struct ledger_export *export, struct buffer *out, bool *ret_last, struct reason *reason);

#endif
