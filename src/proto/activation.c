/* Body of a request for a lease; see activation.h. */
#include "proto/activation.h"

#include <string.h>

/* Where the text behind the next empty line at or after `from` begins; 0: there is no such line, or nothing behind it.
 */
static size_t behind_empty_line(struct slice body, size_t from)
{
    for (size_t i = from; i + 2 < body.size; i++) {
        const uint8_t *const end = memchr(body.data + i, '\n', body.size - i - 2);
        if (end == NULL)
            return 0;
        i = (size_t)(end - body.data);
        if (end[1] == '\n')
            return i + 2;
    }
    return 0;
}

struct activation activation_read(struct slice body)
{
    const size_t signature = behind_empty_line(body, 0);
    const size_t about = signature == 0 ? 0 : behind_empty_line(body, signature);
    if (about == 0)
        return (struct activation){.request = body};
    return (struct activation){.request = slice_make(body.data, about - 1),
                               .about = slice_make(body.data + about, body.size - about)};
}

void activation_write(const struct activation *activation, struct buffer *out)
{
    buffer_append_slice(out, activation->request);
    if (activation->about.size == 0)
        return;
    buffer_append_byte(out, '\n');
    buffer_append_slice(out, activation->about);
}
