/* Entry bundles from arbitrary bytes: what is read is written again as the same bytes. */
#include "core/tlog/bundle.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make(data, size);
    struct slice leaves[TILE_WIDTH];
    struct slice leaf;
    CLEANUP_BUFFER struct buffer again = buffer_make(size);
    while (is_ok(bundle_next(&rest, &leaf)))
        bundle_add(leaf, &again);
    assert(is_ok(buffer_status(&again)) && again.size == size - rest.size);
    assert(slice_equal(buffer_slice(&again), slice_make(data, again.size)));
    if (is_ok(bundle_read(slice_make(data, size), leaves)))
        assert(rest.size == 0);
    return 0;
}
