/*
 * Start, quiet and end of a server; see http/server.h. All loops wait for all listening sockets, and each may hold an
 * equal share of the connections.
 */
#include "http/server.h"

#include "loop.h"
#include "system/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FINISH_MILLISECONDS = 2000 }; /* what http_server_stop gives the answers under way */

struct http_server {
    struct shared shared;
    uint16_t port;
    size_t loop_count;
    struct loop *loops[HTTP_THREADS_MAX];
};

unsigned http_threads_usual(void)
{
    const long half = sysconf(_SC_NPROCESSORS_ONLN) / 2;
    return half < 2 ? 1 : half > HTTP_THREADS_MAX ? HTTP_THREADS_MAX : (unsigned)half;
}

/* ---- start ---- */

static RESULT open_sockets(struct http_server *server, struct reason *reason)
{
    struct shared *const shared = &server->shared;
    if (shared->options.folder == NULL)
        return sockets_open(&shared->options, shared->sockets, &shared->socket_count, &server->port, reason);
    TRY(sockets_open_local(&shared->options, &shared->sockets[0], reason));
    shared->socket_count = 1;
    return RESULT_OK;
}

static RESULT start(struct http_server *server, struct reason *reason)
{
    struct shared *const shared = &server->shared;
    const struct http_options *const options = &shared->options;
    uint8_t key[ADDRESSES_KEY_SIZE];
    entropy_fill(key, sizeof key);
    TRY(addresses_make(options->connections, options->connections_per_address, key, &shared->addresses));
    TRY(open_sockets(server, reason));
    const size_t share = options->connections < options->threads ? 1 : options->connections / options->threads;
    for (unsigned i = 0; i < options->threads; i++) {
        TRY(loop_start(shared, share, &server->loops[i]));
        server->loop_count++;
    }
    return RESULT_OK;
}

RESULT http_server_start(const struct http_options *options, struct http_server **ret_server, struct reason *reason)
{
    assert(options->threads > 0 && options->threads <= HTTP_THREADS_MAX && options->head_max <= HTTP_HEAD_MAX &&
           options->address_count <= HTTP_ADDRESSES_MAX);
    struct http_server *const server = calloc(1, sizeof *server);
    ENSURE(server != NULL, NO_MEMORY);
    struct shared *const shared = &server->shared;
    shared->options = *options;
    if (options->stream == NULL)
        shared->options.stream = &http_stream_plain;
    shared->limits = (struct message_limits){options->head_max, options->body_max};
    pthread_mutex_init(&shared->addresses_lock, NULL);
    const struct result result = start(server, reason);
    if (!is_ok(result)) {
        http_server_stop(server);
        return result;
    }
    *ret_server = server;
    return RESULT_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

/* ---- end ---- */

/* Waits, at most that long, until it is zero. */
static void wait_for_zero(atomic_uint *count, int64_t milliseconds)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    const int64_t begin = clock_monotonic_ms();
    while (atomic_load(count) > 0 && clock_monotonic_ms() - begin < milliseconds)
        nanosleep(&moment, NULL);
}

void http_server_quiesce(struct http_server *server)
{
    struct shared *const shared = &server->shared;
    if (!gate_close(&shared->gate))
        return;
    /* The loops may look at them until their end: shut now, closed then. */
    for (size_t i = 0; i < shared->socket_count; i++)
        shutdown(shared->sockets[i], SHUT_RDWR);
    wait_for_zero(&shared->gate.inside, INT64_MAX);
}

void http_server_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    struct shared *const shared = &server->shared;
    http_server_quiesce(server);
    if (shared->options.folder != NULL && shared->socket_count > 0)
        sockets_remove_local(shared->options.folder, shared->options.socket);
    wait_for_zero(&shared->gate.deferred, FINISH_MILLISECONDS);
    for (size_t i = 0; i < server->loop_count; i++)
        loop_stop(server->loops[i]);
    for (size_t i = 0; i < shared->socket_count; i++)
        close(shared->sockets[i]);
    addresses_free(&shared->addresses);
    pthread_mutex_destroy(&shared->addresses_lock);
    free(server);
}
