/* Answers as handlers make them; see http/handler.h. */
#include "http/handler.h"

#include <stdlib.h>
#include <string.h>

struct http_response http_response_of(int status, const char *type, struct slice text)
{
    struct http_response response = {.status = status, .type = type, .size = text.size};
    response.body = malloc(text.size + 1);
    if (response.body != NULL && text.size > 0)
        memcpy(response.body, text.data, text.size);
    return response;
}

struct http_response http_response_take(int status, const char *type, struct buffer *text)
{
    struct http_response response = {.status = status, .type = type};
    response.body = buffer_take(text, &response.size);
    return response;
}
