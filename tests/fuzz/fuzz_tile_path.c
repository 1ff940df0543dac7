/* Addresses of a ledger's pages from arbitrary bytes: what is read is written again as the same bytes. */
#include "proto/tile_path.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct tile_path path;
    if (!is_ok(tile_path_read(bytes, &path)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(size + 1);
    tile_path_write(&path, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    assert(path.page == TILE_PAGE_CHECKPOINT || (path.width >= 1 && path.width <= TILE_WIDTH));
    assert(path.page == TILE_PAGE_CHECKPOINT || !tile_path_within(&path, 0));
    return 0;
}
