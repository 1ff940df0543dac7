/* Sealed keys from arbitrary bytes: what is read is written again as the same bytes. Nothing is opened: that is slow.
 */
#include "desk/seal.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct sealed_key sealed;
    if (is_ok(sealed_key_read(bytes, &sealed))) {
        CLEANUP_BUFFER struct buffer again = buffer_make(size);
        sealed_key_write(&sealed, &again);
        assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    }
    return 0;
}
