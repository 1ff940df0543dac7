/* Status line and headers of an answer; see head.h. */
#include "head.h"

#include <assert.h>
#include <string.h>

const char *status_words(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Payload Too Large";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "";
    }
}

struct head {
    char *text; /* HEAD_SIZE */
    size_t size;
};

/* All that is added is this program's own, and fits: the longest head is half as large as the room. */
static void add(struct head *head, const char *text)
{
    const size_t length = strlen(text);
    assert(length <= HEAD_SIZE - head->size);
    memcpy(head->text + head->size, text, length);
    head->size += length;
}

static void add_number(struct head *head, uint64_t number)
{
    char digits[24];
    char *first = digits + sizeof digits - 1;
    *first = 0;
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    add(head, first);
}

static void add_field(struct head *head, const char *name, const char *value)
{
    if (value == NULL)
        return;
    add(head, name);
    add(head, value);
    add(head, "\r\n");
}

/* Without the machinery of printf, which would be a tenth of what an answer costs here. */
size_t head_write(const struct http_response *response, enum head_framing framing, uint64_t length, const char *date,
                  bool closing, char ret_text[static HEAD_SIZE])
{
    struct head head = {.size = 0};
    head.text = ret_text;
    add(&head, "HTTP/1.1 ");
    add_number(&head, (uint64_t)response->status);
    add(&head, " ");
    add(&head, status_words(response->status));
    add(&head, "\r\n");
    add(&head, date);
    add_field(&head, "Content-Type: ", response->type);
    add_field(&head, "Cache-Control: ", response->cache);
    add_field(&head, "Allow: ", response->allow);
    if (framing == FRAMED_BY_LENGTH) {
        add(&head, "Content-Length: ");
        add_number(&head, length);
        add(&head, "\r\n");
    } else if (framing == FRAMED_BY_CHUNKS) {
        add(&head, "Transfer-Encoding: chunked\r\n");
    }
    add(&head, closing ? "Connection: close\r\n\r\n" : "\r\n");
    return head.size;
}
