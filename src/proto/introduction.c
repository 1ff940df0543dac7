/* How a host introduces itself; see introduction.h. */
#include "proto/introduction.h"

#include "core/form/parts.h"

#define TYPE_PREFIX "aval introduction v"
#define VERSION     "1"
#define REVOCATIONS "revocations "
#define LICENSE     "license "
#define CHECKPOINT  "checkpoint "

RESULT introduction_read(struct slice text, struct introduction *ret_introduction)
{
    struct introduction introduction = {0};
    struct cursor cursor = cursor_make(text);
    ENSURE(text.size > 0, TEXT_EMPTY);
    ENSURE(text.size <= INTRODUCTION_MAX, TEXT_TOO_LONG);
    cursor_expect(&cursor, TYPE_PREFIX, FAIL(DOCUMENT_TYPE));
    cursor_expect(&cursor, VERSION "\n", FAIL(DOCUMENT_VERSION));
    line_require(&cursor, decimal_read(line_value(&cursor, REVOCATIONS), UINT64_MAX, &introduction.revocations));
    introduction.license = part_read(&cursor, LICENSE, NOTE_MAX);
    introduction.checkpoint = part_read(&cursor, CHECKPOINT, CHECKPOINT_NOTE_MAX);
    TRY(cursor_finish(&cursor));
    *ret_introduction = introduction;
    return RESULT_OK;
}

void introduction_write(const struct introduction *introduction, struct buffer *out)
{
    buffer_append_text(out, TYPE_PREFIX VERSION "\n" REVOCATIONS);
    buffer_append_decimal(out, introduction->revocations);
    buffer_append_byte(out, '\n');
    part_write(LICENSE, introduction->license, out);
    part_write(CHECKPOINT, introduction->checkpoint, out);
}
