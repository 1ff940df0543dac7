/* Entry bundles; see bundle.h. */
#include "core/tlog/bundle.h"

enum { LENGTH_SIZE = 2 };
_Static_assert(LEAF_MAX <= UINT16_MAX, "every leaf's length can be written");

void bundle_add(struct slice leaf, struct buffer *out)
{
    buffer_append_byte(out, (uint8_t)(leaf.size >> 8));
    buffer_append_byte(out, (uint8_t)leaf.size);
    buffer_append_slice(out, leaf);
}

RESULT bundle_next(struct slice *bundle, struct slice *ret_leaf)
{
    ENSURE(bundle->size >= LENGTH_SIZE, TEXT_TRUNCATED);
    const size_t size = (size_t)bundle->data[0] << 8 | bundle->data[1];
    ENSURE(size <= LEAF_MAX, TEXT_TOO_LONG);
    ENSURE(size <= bundle->size - LENGTH_SIZE, TEXT_TRUNCATED);
    *ret_leaf = slice_make(bundle->data + LENGTH_SIZE, size);
    *bundle = slice_make(bundle->data + LENGTH_SIZE + size, bundle->size - LENGTH_SIZE - size);
    return RESULT_OK;
}

RESULT bundle_read(struct slice bundle, struct slice ret_leaves[static TILE_WIDTH])
{
    for (size_t i = 0; i < TILE_WIDTH; i++)
        TRY(bundle_next(&bundle, &ret_leaves[i]));
    ENSURE(bundle.size == 0, TEXT_TRAILING);
    return RESULT_OK;
}
