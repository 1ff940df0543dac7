/* A server without sockets; see server.h. Defined here, and so the linker takes nothing of src/http. */
#include "server.h"

#include "http/server.h"
#include "threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http_server {
    struct http_options options;
};

struct http_request {
    enum http_method_id method;
    const char *name;
    struct slice authorization;
    struct slice body;
    struct http_peer peer;
    void *room;
    void *context;
    void (*resume)(void *context, struct http_request *request);
    bool resumed;
    bool answered;
    struct http_response response;
};

static struct http_server *started;

unsigned http_threads_usual(void)
{
    return 1;
}

RESULT http_server_start(const struct http_options *options, struct http_server **ret_server, struct reason *reason)
{
    (void)reason;
    struct http_server *const server = calloc(1, sizeof *server);
    ENSURE(server != NULL, NO_MEMORY);
    server->options = *options;
    started = server;
    *ret_server = server;
    return RESULT_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->options.port;
}

void http_server_quiesce(struct http_server *server)
{
    (void)server;
}

void http_server_stop(struct http_server *server)
{
    if (server == started)
        started = NULL;
    free(server);
}

enum http_method_id http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_name(const struct http_request *request)
{
    return request->name;
}

const char *http_request_argument(struct http_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

struct slice http_request_authorization(const struct http_request *request)
{
    return request->authorization;
}

struct slice http_request_body(const struct http_request *request)
{
    return request->body;
}

const struct http_peer *http_request_peer(const struct http_request *request)
{
    return &request->peer;
}

void *http_request_room(struct http_request *request)
{
    return request->room;
}

struct http_response http_response_of(int status, const char *type, struct slice text)
{
    struct http_response response = {.status = status, .type = type, .body = malloc(text.size + 1), .size = text.size};
    if (response.body != NULL && text.size > 0)
        memcpy(response.body, text.data, text.size);
    return response;
}

struct http_response http_response_take(int status, const char *type, struct buffer *text)
{
    const struct http_response response = http_response_of(status, type, buffer_slice(text));
    buffer_free(text);
    return response;
}

void http_respond(struct http_request *request, const struct http_response *response)
{
    request->response = *response;
    request->answered = true;
}

void http_defer(struct http_request *request, void (*resume)(void *context, struct http_request *request))
{
    request->resume = resume;
}

void http_resume(struct http_request *request)
{
    request->resumed = true;
}

static const struct http_route *route_of(const struct http_options *options, const struct http_request *request,
                                         const char *path, const char **ret_name)
{
    for (size_t i = 0; i < options->route_count; i++) {
        const struct http_route *const route = &options->routes[i];
        struct slice fixed = slice_of(route->path);
        const bool open = slice_cut_ending(&fixed, "**");
        if (route->method != request->method || strncmp(path, route->path, fixed.size) != 0 ||
            (!open && path[fixed.size] != 0))
            continue;
        *ret_name = path + fixed.size;
        return route;
    }
    return NULL;
}

static void handle(const struct http_options *options, struct http_request *request, const char *path)
{
    const struct http_route *const route = route_of(options, request, path, &request->name);
    if (route == NULL) {
        const struct http_response refusal = options->refuse(options->context, HTTP_NO_SUCH_PATH);
        http_respond(request, &refusal);
        return;
    }
    route->handle(options->context, request);
    if (request->answered || request->resume == NULL)
        return;
    threads_run();
    if (request->resumed)
        request->resume(options->context, request);
}

int server_ask(const char *path, const char *peer, const char *authorization, const struct slice *body,
               struct buffer *out)
{
    if (started == NULL)
        return 0;
    struct http_request request = {.method = body == NULL ? METHOD_GET : METHOD_POST,
                                   .authorization = slice_of(authorization),
                                   .body = body == NULL ? slice_make(NULL, 0) : *body,
                                   .room = calloc(1, started->options.room_size)};
    snprintf(request.peer.address, sizeof request.peer.address, "%s", peer);
    handle(&started->options, &request, path);
    int status = 0;
    if (request.answered && request.response.body != NULL) {
        status = request.response.status;
        buffer_append(out, request.response.body, request.response.size);
    }
    if (!request.response.lent)
        free(request.response.body);
    free(request.room);
    return status;
}
