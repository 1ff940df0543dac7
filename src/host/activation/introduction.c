/*
 * How this host introduces itself to a machine that does not know its key; see pages.h.
 *
 * The machine signs nothing before it believes this, and what it says here it need not sign.
 */
#include "proto/introduction.h"
#include "host/intake.h"
#include "pages.h"
#include "proto/api.h"
#include "refusals.h"
#include "site.h"

void page_introduction(void *context, struct http_request *request)
{
    const struct listener *const listener = context;
    struct engine *const engine = listener->engine;
    CLEANUP_BUFFER struct buffer text = buffer_make(INTRODUCTION_MAX);
    struct authority *const authority = engine_authority(engine);
    const struct result result = intake_introduce(engine, authority, http_request_name(request), &text);
    authority_release(authority);
    const enum error_code code = result_code(result) == ERR_NO_MEMORY ? ERR_HOST_BUSY : result_code(result);
    if (!is_ok(result))
        engine_count_denial(engine, code);
    struct http_response response =
        is_ok(result) ? http_response_of(HTTP_OK, TYPE_TEXT, buffer_slice(&text)) : refusal_of(code, RESULT_OK);
    response.cache = CACHE_NOT;
    http_respond(request, &response);
}
