/* HTTP answers; see response.h. */
#include "response.h"

#include <string.h>
#include <strings.h>

/* The value of a header line with that name, or an empty slice. `head` ends with the line end of its last header. */
static struct slice header(struct slice head, const char *name)
{
    const size_t length = strlen(name);
    const uint8_t *at = head.data;
    const uint8_t *const end = head.data + head.size;
    for (const uint8_t *newline; at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL;
         at = newline + 1) {
        const size_t size = (size_t)(newline - at);
        if (size <= length + 1 || at[length] != ':' || strncasecmp((const char *)at, name, length) != 0)
            continue;
        const uint8_t *value = at + length + 1;
        while (value < newline && *value == ' ')
            value++;
        const uint8_t *stop = newline > value && newline[-1] == '\r' ? newline - 1 : newline;
        return slice_make(value, (size_t)(stop - value));
    }
    return slice_make(NULL, 0);
}

static bool status_of(struct slice head, unsigned *ret_status)
{
    static const char OPENING[] = "HTTP/1.1 ";
    uint64_t status = 0;
    if (head.size < sizeof OPENING + 3 || !slice_starts_with(head, OPENING) ||
        !is_ok(decimal_read(slice_make(head.data + sizeof OPENING - 1, 3), 599, &status)) || status < 200)
        return false;
    *ret_status = (unsigned)status;
    return true;
}

enum response_state response_parse(struct slice bytes, struct response *ret_response)
{
    const uint8_t *const end = bytes.size == 0 ? NULL : memmem(bytes.data, bytes.size, "\r\n\r\n", 4);
    if (end == NULL)
        return bytes.size < RESPONSE_HEAD_MAX ? RESPONSE_INCOMPLETE : RESPONSE_BROKEN;
    const struct slice head = slice_make(bytes.data, (size_t)(end - bytes.data) + 2);
    struct response response = {0};
    uint64_t length = 0;
    if (!status_of(head, &response.status) ||
        !is_ok(decimal_read(header(head, "Content-Length"), RESPONSE_MAX - RESPONSE_HEAD_MAX, &length)))
        return RESPONSE_BROKEN;
    const size_t before = head.size + 2;
    if (before > RESPONSE_HEAD_MAX || bytes.size > before + length)
        return RESPONSE_BROKEN;
    if (bytes.size < before + length)
        return RESPONSE_INCOMPLETE;
    const struct slice connection = header(head, "Connection");
    response.closes = connection.size == 5 && strncasecmp((const char *)connection.data, "close", 5) == 0;
    response.body = slice_make(bytes.data + before, (size_t)length);
    *ret_response = response;
    return RESPONSE_WHOLE;
}
