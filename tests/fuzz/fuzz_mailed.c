/* Mailed documents from arbitrary bytes: what comes out changed needs no more mending. */
#include "core/documents/mailed.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice text = slice_make(data, size);
    CLEANUP_BUFFER struct buffer out = buffer_make(MAILED_MAX);
    CLEANUP_BUFFER struct buffer again = buffer_make(MAILED_MAX);
    bool mended;
    if (!is_ok(mailed_mend(text, &out, &mended)))
        return 0;
    assert(mended || slice_equal(buffer_slice(&out), text));
    bool changed;
    assert(is_ok(mailed_mend(buffer_slice(&out), &again, &changed)));
    assert(!mended || (!changed && slice_equal(buffer_slice(&again), buffer_slice(&out))));
    return 0;
}
