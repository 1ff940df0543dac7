/* Checkpoints from arbitrary bytes: what is read is written again as the same bytes. */
#include "core/tlog/checkpoint.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct checkpoint checkpoint;
    if (!is_ok(checkpoint_read(bytes, &checkpoint)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(size);
    checkpoint_write(&checkpoint, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    return 0;
}
