/* What a handler sees of a request; see http/handler.h. */
#include "request.h"

enum http_method_id http_request_method(const struct http_request *request)
{
    return request->message.method;
}

const char *http_request_name(const struct http_request *request)
{
    return request->name;
}

const char *http_request_argument(struct http_request *request, const char *name)
{
    return target_argument(&request->message.target, name);
}

struct slice http_request_body(const struct http_request *request)
{
    return message_body(&request->message);
}

struct slice http_request_authorization(const struct http_request *request)
{
    return message_authorization(&request->message);
}

const struct http_peer *http_request_peer(const struct http_request *request)
{
    return request->peer;
}

void *http_request_room(struct http_request *request)
{
    if (request->room == NULL)
        request->room = pool_get(request->rooms);
    return request->room;
}
