/* Who is the organisation's own; see own.h. */
#include "own.h"

#include "proto/site_authorization.h"

static enum site_showing look(const struct site_keys *keys, const struct http_request *request)
{
    const struct slice shown = http_request_authorization(request);
    if (shown.size == 0)
        return SITE_MISSING;
    const size_t count = keys == NULL ? 0 : keys->count;
    const size_t key = count == 0 ? 0 : site_authorization_key(shown, http_request_body(request), keys->keys, count);
    if (key >= count)
        return SITE_WRONG;
    return key < keys->current ? SITE_CURRENT : SITE_FORMER;
}

enum error_code own_check(struct engine *engine, const struct authority *authority, const struct http_request *request,
                          bool *ret_own)
{
    *ret_own = false;
    if (!authority->site_required && authority->site_keys == NULL)
        return OK;
    const enum site_showing showing = look(authority->site_keys, request);
    if (showing != SITE_CURRENT)
        engine_count_site(engine, showing);
    *ret_own = showing == SITE_CURRENT || showing == SITE_FORMER;
    if (!authority->site_required || *ret_own)
        return OK;
    return showing == SITE_MISSING ? ERR_SITE_KEY_REQUIRED : ERR_SITE_KEY_WRONG;
}
