/* What a machine is told that is given nothing; see refusals.h. */
#include "refusals.h"

#include "core/documents/documents.h"
#include "core/limits.h"
#include "core/rules/decide.h"
#include "host/faults.h"
#include "proto/api.h"

enum {
    RETRY_REFUSED = HOUR,
    RETRY_NO_LICENSE = 2 * HOUR,
    RETRY_SIGNER = MINUTE,
    RETRY_BUSY_SECONDS = 30,
};

static seconds retry_of(enum error_code code)
{
    switch (code) {
    case ERR_HOST_BUSY:
        return RETRY_BUSY_SECONDS;
    case ERR_HOST_SIGNER:
        return RETRY_SIGNER;
    case ERR_NO_LICENSE:
    case ERR_COUNTED_ONLY:
    case ERR_VOLUME_ONLY:
        return RETRY_NO_LICENSE;
    default:
        return RETRY_REFUSED;
    }
}

struct http_response refusal_of(enum error_code code, struct result fault)
{
    struct denial denial = denial_make(code, retry_of(code));
    if (!is_ok(fault))
        denial_add_fault(&denial, fault);
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
        return refusal_of(ERR_NETWORK_NOT_LISTED, RESULT_OK);
    case HTTP_NOT_UNDERSTOOD:
        break;
    }
    return refusal_of(ERR_REQUEST_REFUSED, RESULT_OK);
}
