/* Body of what a host grants; see answer.h. */
#include "proto/answer.h"

#include "base/cursor.h"

#define FIRST_LINE  "aval answer v1"
#define CONSISTENCY "consistency "
#define REVOCATIONS "revocations "

static struct slice after(struct slice line, size_t prefix)
{
    return slice_make(line.data + prefix, line.size - prefix);
}

static RESULT first_line_fault(struct slice line)
{
    if (slice_starts_with(line, "aval answer v"))
        return FAIL(DOCUMENT_VERSION);
    return FAIL(DOCUMENT_TYPE);
}

RESULT answer_read(struct slice text, struct answer *ret_answer)
{
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= ANSWER_MAX, TEXT_TOO_LONG);
    struct answer answer = {0};
    struct cursor cursor = cursor_make(text);

    const struct slice first = cursor_line(&cursor);
    if (!cursor_failed(&cursor) && !slice_is(first, FIRST_LINE))
        return result_at(first_line_fault(first), 1);

    const struct slice revocations = cursor_line(&cursor);
    TRY(cursor.state);
    if (!slice_starts_with(revocations, REVOCATIONS))
        return FAIL_AT(DOCUMENT_MISSING_KEY, 2);
    TRY(result_at(decimal_read(after(revocations, sizeof REVOCATIONS - 1), UINT64_MAX, &answer.revocations), 2));

    struct slice line = cursor_line(&cursor);
    for (; slice_starts_with(line, CONSISTENCY); line = cursor_line(&cursor)) {
        const size_t number = cursor.line - 1;
        if (answer.consistency_length == CONSISTENCY_PATH_MAX)
            return FAIL_AT(DOCUMENT_LIMIT, number);
        struct hash *hash = &answer.consistency[answer.consistency_length++];
        TRY(result_at(base64_read_exactly(after(line, sizeof CONSISTENCY - 1), hash->bytes, HASH_SIZE), number));
    }
    TRY(cursor.state);
    if (line.size != 0)
        return FAIL_AT(DOCUMENT_UNKNOWN_KEY, cursor.line - 1);

    answer.proof = cursor_rest(&cursor);
    ENSURE(answer.proof.size > 0, TEXT_TRUNCATED);
    *ret_answer = answer;
    return RESULT_OK;
}

void answer_write(const struct answer *answer, struct buffer *out)
{
    buffer_append_text(out, FIRST_LINE "\n" REVOCATIONS);
    buffer_append_decimal(out, answer->revocations);
    buffer_append_byte(out, '\n');
    for (size_t i = 0; i < answer->consistency_length; i++) {
        buffer_append_text(out, CONSISTENCY);
        buffer_append_base64(out, answer->consistency[i].bytes, HASH_SIZE);
        buffer_append_byte(out, '\n');
    }
    buffer_append_byte(out, '\n');
    buffer_append_slice(out, answer->proof);
}
