/* The export of a ledger, piece by piece; see ledger/export.h. */
#include "ledger/export.h"

#include "base/sentences.h"
#include "store/ledger.h"

#include <inttypes.h>

#include <assert.h>

/* With the last leaf, the header or the checkpoint it fits. */
_Static_assert((int)LEDGER_EXPORT_PIECE_MAX - (int)LEDGER_EXPORT_PIECE_ENOUGH > 4 * (int)LEAF_MAX &&
                   (int)LEDGER_EXPORT_PIECE_MAX > 4 * (int)SIGNED_NOTE_MAX,
               "a piece has room");

/* Whoever waits for the export hears of it at once, and not by a file that is cut off. */
static RESULT check_archive(struct store *reader, uint32_t ledger, uint64_t since, struct reason *reason)
{
    struct reason first = {.text = ""};
    uint64_t missing;
    TRY(store_archive_look(reader, ledger, since / TILE_WIDTH, &missing, &first));
    if (missing == 0)
        return RESULT_OK;
    return reason_say(reason, FAIL(ARCHIVE_MISSING),
                      _("%s is missing, and %" PRIu64 " files of the archive in all; put them back from a copy"),
                      first.text, missing);
}

RESULT ledger_export_begin(struct store *reader, const struct published *published, const char *origin, uint64_t since,
                           struct ledger_export *ret_export, struct reason *reason)
{
    assert(since <= published->size);
    struct ledger_export export = {
        .reader = reader, .published = *published, .header = {.from = since, .to = published->size}, .next = since};
    TRY(slice_copy_text(slice_of(origin), export.header.origin, sizeof export.header.origin));
    TRY(check_archive(reader, published->ledger, since, reason));
    struct store_tiles context = {reader, published->ledger, reason};
    const struct tile_source tiles = store_tile_source(&context);
    TRY(frontier_load(&tiles, since, &export.header.frontier));
    *ret_export = export;
    return RESULT_OK;
}

/* A piece that is being made. */
struct piece {
    struct ledger_export *export;
    struct buffer *out;
    size_t enough; /* size of `out` behind which no leaf is added */
};

static bool add_leaf(void *context, uint64_t index, struct slice leaf)
{
    const struct piece *const piece = context;
    export_leaf_write(leaf, piece->out);
    piece->export->next = index + 1;
    return piece->out->size < piece->enough;
}

static RESULT add_leaves(struct piece *piece, struct reason *reason)
{
    struct ledger_export *const export = piece->export;
    const uint64_t first = export->next;
    TRY(store_leaves(export->reader, export->published.ledger, first, export->published.size - first, add_leaf, piece,
                     reason));
    ENSURE(export->next > first, STORE_CORRUPT); /* they were signed */
    return RESULT_OK;
}

RESULT ledger_export_next(struct ledger_export *export, struct buffer *out, bool *ret_last, struct reason *reason)
{
    struct piece piece = {export, out, out->size + LEDGER_EXPORT_PIECE_ENOUGH};
    if (!export->begun)
        export_header_write(&export->header, out);
    export->begun = true;
    if (export->next < export->published.size)
        return add_leaves(&piece, reason);
    export_end_write(slice_of(export->published.note), out);
    *ret_last = true;
    return RESULT_OK;
}
