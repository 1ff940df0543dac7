/* Leaves that carry a note; see carried.h. */
#include "carried.h"

struct slice document_head(struct slice text, struct slice *ret_rest)
{
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] == '\n' && text.data[i - 1] == '\n') {
            *ret_rest = slice_make(text.data + i + 1, text.size - i - 1);
            return slice_make(text.data, i);
        }
    }
    *ret_rest = slice_make(NULL, 0);
    return text;
}

static unsigned count_lines(struct slice text)
{
    unsigned lines = 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    return lines;
}

RESULT carried_result(struct slice head, struct slice note, struct result read)
{
    const unsigned before = count_lines(head) + 1;
    if (note.size == 0)
        return FAIL_AT(TEXT_TRUNCATED, before);
    return result_place(read) == 0 ? read : result_at(read, before + result_place(read));
}

RESULT carried_write(form_schema *schema, const void *document, struct slice note, struct buffer *out)
{
    TRY(form_write(schema, document, out));
    buffer_append_byte(out, '\n');
    buffer_append_slice(out, note);
    return buffer_status(out);
}
