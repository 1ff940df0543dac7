/* Introductions of a host from arbitrary bytes: what is read is written again as the same bytes. */
#include "proto/introduction.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct introduction introduction;
    if (!is_ok(introduction_read(bytes, &introduction)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(INTRODUCTION_MAX);
    introduction_write(&introduction, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    return 0;
}
