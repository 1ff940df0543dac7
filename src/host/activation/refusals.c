/* What a machine is told that is given nothing; see refusals.h. */
#include "refusals.h"

#include "core/documents/documents.h"
#include "core/limits.h"
#include "core/rules/decide.h"
#include "proto/api.h"

#include <stdio.h>
#include <string.h>

enum {
    RETRY_REFUSED = HOUR,
    RETRY_BUSY_SECONDS = 30,
};

/* What the reader of the request said, behind the sentence. */
static void add_fault(struct denial *denial, struct result fault)
{
    const size_t length = strlen(denial->message);
    const char *const name = error_info(result_code(fault))->name;
    if (result_place(fault) > 0)
        snprintf(denial->message + length, sizeof denial->message - length, " (%s, line %u)", name,
                 result_place(fault));
    else
        snprintf(denial->message + length, sizeof denial->message - length, " (%s)", name);
}

struct http_response refusal_of(enum error_code code, struct result fault)
{
    const bool busy = code == ERR_HOST_BUSY;
    struct denial denial = denial_make(code, busy ? RETRY_BUSY_SECONDS : RETRY_REFUSED);
    if (!is_ok(fault))
        add_fault(&denial, fault);
    struct http_response response = {
        .status = error_info(denial.code)->http_status, .type = TYPE_TEXT, .cache = CACHE_NOT};
    CLEANUP_BUFFER struct buffer text = buffer_make(ANSWER_MAX);
    if (is_ok(denial_write(&denial, &text)))
        response.body = buffer_take(&text, &response.size);
    return response;
}

struct http_response refusal_of_server(void *context, enum http_refusal why)
{
    (void)context;
    switch (why) {
    case HTTP_HEAD_TOO_LARGE:
    case HTTP_BODY_TOO_LARGE:
        return refusal_of(ERR_REQUEST_TOO_LARGE, RESULT_OK);
    case HTTP_NO_SUCH_PATH:
        return refusal_of(ERR_NO_SUCH_PAGE, RESULT_OK);
    case HTTP_NOT_THIS_METHOD:
        return refusal_of(ERR_WRONG_METHOD, RESULT_OK);
    case HTTP_OUT_OF_MEMORY:
    case HTTP_SERVER_QUIESCENT:
        return refusal_of(ERR_HOST_BUSY, RESULT_OK);
    case HTTP_REFUSED_PEER:
    case HTTP_NOT_UNDERSTOOD:
        break;
    }
    return refusal_of(ERR_REQUEST_REFUSED, RESULT_OK);
}
