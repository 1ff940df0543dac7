/* Bodies of requests for a lease, from arbitrary bytes: each has a request, and both parts together are the body. */
#include "proto/activation.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice body = slice_make(data, size);
    const struct activation activation = activation_read(body);
    CLEANUP_BUFFER struct buffer again = buffer_make(SIZE_MAX);
    assert(activation.request.size > 0 || size == 0);
    activation_write(&activation, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), body));
    return 0;
}
