/* Positions of a ledger's check from arbitrary bytes: what is read is written again as the same bytes. */
#include "ledger/verification.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct verification verification;
    if (!is_ok(verification_read(bytes, &verification)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(size);
    verification_write(&verification, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    return 0;
}
