/* Evidence from arbitrary bytes: what is read is written again as the same bytes, and judging it reads nothing else. */
#include "core/tlog/evidence.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct ledger_evidence evidence;
    struct checkpoint kept;
    struct checkpoint shown;
    size_t length = 0;
    if (!is_ok(evidence_read(bytes, &evidence, &length)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(EVIDENCE_TEXT_MAX);
    assert(length <= size && is_ok(evidence_write(&evidence, &again)));
    assert(slice_equal(buffer_slice(&again), slice_make(data, length)));
    if (is_ok(evidence_check(&evidence, &kept, &shown)))
        assert(kept.size >= shown.size || evidence.finding != EVIDENCE_TWO_TREES);
    return 0;
}
