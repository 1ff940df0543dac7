/* Kits from arbitrary bytes: what is read is written again as the same bytes. */
#include "proto/kit.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    CLEANUP_KIT struct kit *kit = NULL;
    if (!is_ok(kit_read(bytes, &kit)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(KIT_MAX);
    const struct result written = kit_write(kit, &again);
    assert(is_ok(written) && slice_equal(buffer_slice(&again), bytes));
    return 0;
}
