/* Which handler a request is for. Pure. */
#ifndef HTTP_SYNTAX_ROUTER_H
#define HTTP_SYNTAX_ROUTER_H

#include "http/handler.h"

enum { ALLOW_SIZE = 32 };

enum route_verdict {
    ROUTE_FOUND,
    ROUTE_NO_SUCH_PATH,
    ROUTE_NOT_THIS_METHOD, /* there are others for the path */
};

struct route_found {
    const struct http_route *route;
    size_t name_begin; /* of the path: where the star stands, or its end */
    size_t name_size;
    char allow[ALLOW_SIZE]; /* the methods that there are for the path, where this one is none of them */
};

/* Writes what the verdict is about. */
enum route_verdict route_find(const struct http_route *routes, size_t count, enum http_method_id method,
                              const char *path, struct route_found *ret_found);

#endif
