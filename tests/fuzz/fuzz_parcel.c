/* Files for machines without a network, from arbitrary bytes: what is unwrapped is what comes out of it wrapped again,
 * and what is read is written again as the same bytes. */
#include "proto/parcel.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_wrapped(struct slice bytes)
{
    CLEANUP_BUFFER struct buffer content = buffer_make(PARCEL_MAX);
    CLEANUP_BUFFER struct buffer wrapped = buffer_make(WRAPPED_MAX);
    CLEANUP_BUFFER struct buffer again = buffer_make(PARCEL_MAX);
    if (!is_ok(unwrap(WRAPPED_ANSWER, bytes, &content)))
        return;
    wrap(WRAPPED_ANSWER, buffer_slice(&content), &wrapped);
    assert(is_ok(unwrap(WRAPPED_ANSWER, buffer_slice(&wrapped), &again)));
    assert(slice_equal(buffer_slice(&again), buffer_slice(&content)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct parcel parcel;
    try_wrapped(bytes);
    if (!is_ok(parcel_read(bytes, &parcel)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(PARCEL_MAX);
    parcel_write(&parcel, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    return 0;
}
