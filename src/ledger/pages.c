/* The pages of a ledger for everybody; see pages.h. */
#include "ledger/pages.h"

#include "core/tlog/bundle.h"
#include "proto/api.h"
#include "store/ledger.h"

static RESULT put_hashes(struct store *reader, uint32_t ledger, const struct tile_path *path, struct buffer *out,
                         struct reason *reason)
{
    struct hash hashes[TILE_WIDTH];
    const struct result got =
        store_hashes_get(reader, ledger, path->level, path->number * TILE_WIDTH, path->width, hashes, reason);
    ENSURE(result_code(got) != ERR_NOT_FOUND, STORE_CORRUPT); /* they were signed */
    TRY(got);
    buffer_append(out, hashes, path->width * sizeof *hashes);
    return buffer_status(out);
}

struct bundle {
    struct buffer *out;
    unsigned count;
};

static bool put_entry(void *context, uint64_t index, struct slice leaf)
{
    struct bundle *const bundle = context;
    (void)index;
    bundle_add(leaf, bundle->out);
    bundle->count++;
    return true;
}

_Static_assert((int)LEDGER_PAGE_MAX >= (int)BUNDLE_MAX, "every bundle can be written");

static RESULT put_entries(struct store *reader, uint32_t ledger, const struct tile_path *path, struct buffer *out,
                          struct reason *reason)
{
    struct bundle bundle = {.out = out};
    TRY(store_leaves(reader, ledger, path->number * TILE_WIDTH, path->width, put_entry, &bundle, reason));
    ENSURE(bundle.count == path->width, STORE_CORRUPT);
    return buffer_status(out);
}

RESULT ledger_page(const struct published *published, struct store *reader, const struct tile_path *path,
                   struct buffer *out, struct ledger_page *ret_page, struct reason *reason)
{
    ENSURE(tile_path_within(path, published->size), NO_SUCH_PAGE);
    if (path->page == TILE_PAGE_CHECKPOINT) {
        buffer_append_text(out, published->note);
        TRY(buffer_status(out));
        *ret_page = (struct ledger_page){TYPE_TEXT, CACHE_CHECKPOINT};
        return RESULT_OK;
    }
    TRY(path->page == TILE_PAGE_HASHES ? put_hashes(reader, published->ledger, path, out, reason)
                                       : put_entries(reader, published->ledger, path, out, reason));
    *ret_page = (struct ledger_page){TYPE_BINARY, CACHE_TILE};
    return RESULT_OK;
}
