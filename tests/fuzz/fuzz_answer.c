/* Answers of a host from arbitrary bytes: what is read is written again as the same bytes. */
#include "proto/answer.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = slice_make(data, size);
    struct answer answer;
    if (!is_ok(answer_read(bytes, &answer)))
        return 0;
    CLEANUP_BUFFER struct buffer again = buffer_make(ANSWER_MAX);
    answer_write(&answer, &again);
    assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), bytes));
    return 0;
}
