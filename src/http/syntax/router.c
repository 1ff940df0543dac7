/* Which handler a request is for; see router.h. A handful of routes: looked through one after the other. */
#include "router.h"

#include <string.h>

/* Whether the path is of that form, and what stands for the star. */
static bool fits(const char *form, const char *path, size_t *ret_begin, size_t *ret_size)
{
    const size_t head = strcspn(form, "*");
    if (strncmp(form, path, head) != 0)
        return false;
    const char *const name = path + head;
    *ret_begin = head;
    *ret_size = 0;
    if (form[head] == 0)
        return *name == 0;
    const bool all = form[head + 1] == '*';
    *ret_size = all ? strlen(name) : strcspn(name, "/");
    return all || strcmp(form + head + 1, name + *ret_size) == 0;
}

static bool serves(const struct http_route *route, enum http_method_id method)
{
    return route->method == method || (route->method == METHOD_GET && method == METHOD_HEAD);
}

static void add_allowed(const struct http_route *route, char allow[static ALLOW_SIZE])
{
    const char *const word = route->method == METHOD_GET ? "GET, HEAD" : "POST";
    if (strstr(allow, word) != NULL)
        return;
    if (*allow != 0)
        strncat(allow, ", ", ALLOW_SIZE - strlen(allow) - 1);
    strncat(allow, word, ALLOW_SIZE - strlen(allow) - 1);
}

enum route_verdict route_find(const struct http_route *routes, size_t count, enum http_method_id method,
                              const char *path, struct route_found *ret_found)
{
    ret_found->allow[0] = 0;
    for (size_t i = 0; i < count; i++) {
        if (!fits(routes[i].path, path, &ret_found->name_begin, &ret_found->name_size))
            continue;
        if (serves(&routes[i], method)) {
            ret_found->route = &routes[i];
            return ROUTE_FOUND;
        }
        add_allowed(&routes[i], ret_found->allow);
    }
    return ret_found->allow[0] == 0 ? ROUTE_NO_SUCH_PATH : ROUTE_NOT_THIS_METHOD;
}
