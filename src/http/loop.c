/*
 * A thread with its epoll; see loop.h.
 *
 * One round: what the connections are ready for, then answers that other threads have found, then those whose time is
 * up, then new connections. Connections are freed in the later three alone, or by their own event, so that no event of
 * a round is about one that is gone.
 */
#include "loop.h"

#include "connection.h"
#include "net/peers.h"
#include "system/clock.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PAUSE_MILLISECONDS = 100, /* without new connections, once the system has no room for one */
    EVENTS_MAX = 256,         /* of one round */
    ACCEPTS_MAX = 64,         /* of one listening socket in one round */
};

struct loop {
    struct worker worker;
    pthread_t thread;
    bool started;
    atomic_bool stopping;

    /* The thread's alone. */
    struct source wake;
    struct source sockets[SOCKETS_MAX];
    bool accepting;       /* the sockets are in the poll */
    int64_t accept_after; /* where not: not before then */
    struct connection *connections;
    size_t connection_count;
    size_t connection_max;
    struct pool memory; /* of connections */
};

#define CONNECTION_OF(member_, name) \
    ((struct connection *)(void *)((char *)(member_)-offsetof(struct connection, name)))

/* ---- connections come and go ---- */

static bool is_local(const struct shared *shared)
{
    return shared->options.folder != NULL;
}

/* Counts one more connection of its address. */
static bool enter(struct shared *shared, const struct connection *connection)
{
    if (is_local(shared))
        return true;
    pthread_mutex_lock(&shared->addresses_lock);
    const bool entered = addresses_enter(&shared->addresses, &connection->address);
    pthread_mutex_unlock(&shared->addresses_lock);
    return entered;
}

static void leave(struct shared *shared, const struct connection *connection)
{
    if (is_local(shared))
        return;
    pthread_mutex_lock(&shared->addresses_lock);
    addresses_leave(&shared->addresses, &connection->address);
    pthread_mutex_unlock(&shared->addresses_lock);
}

static void close_connection(struct loop *loop, struct connection *connection)
{
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        loop->connections = connection->next;
    loop->connection_count--;
    leave(loop->worker.shared, connection);
    connection_end(connection);
    pool_return(&loop->memory, connection);
}

/* A connection is watched once it waits for its client. One that brings its request along and ends with the answer
 * never is. */
static void watch_or_close(struct loop *loop, struct connection *connection)
{
    const bool waits = connection->phase == PHASE_READING || connection->phase == PHASE_LINGERING;
    if (waits && !connection->watched)
        connection_watch(connection, false);
    if (connection->phase == PHASE_OVER)
        close_connection(loop, connection);
}

/* Who it is, and whether it may come in; then it has a stream, and is counted. */
static bool let_in(struct loop *loop, struct connection *connection, const struct sockaddr_storage *from)
{
    struct shared *const shared = loop->worker.shared;
    const struct http_options *const options = &shared->options;
    if (!is_local(shared))
        peer_from_address(from, &connection->peer);
    else if (!is_ok(peer_from_kernel(connection->source.descriptor, &connection->peer)))
        return false;
    connection->address = address_owner(&connection->peer.from);
    connection->unwelcome = !worker_admits(&loop->worker, &connection->peer);
    if (!enter(shared, connection))
        return false;
    connection->stream = (struct http_stream){options->stream, connection->source.descriptor, NULL};
    if (options->stream->begin(&connection->stream))
        return true;
    leave(shared, connection);
    return false;
}

static void open_connection(struct loop *loop, int descriptor, const struct sockaddr_storage *from)
{
    struct connection *const connection = pool_get(&loop->memory);
    if (connection == NULL) {
        close(descriptor);
        return;
    }
    connection_clear(connection);
    connection->source = (struct source){SOURCE_CONNECTION, descriptor};
    connection->worker = &loop->worker;
    if (!let_in(loop, connection, from)) {
        close(descriptor);
        pool_return(&loop->memory, connection);
        return;
    }
    connection->next = loop->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    loop->connections = connection;
    loop->connection_count++;
    connection_begin(connection);
    connection_ready(connection, EPOLLIN); /* mostly its request is there by now */
    watch_or_close(loop, connection);
}

/* ---- new connections ---- */

static void stop_accepting(struct loop *loop, int64_t milliseconds)
{
    loop->accepting = false;
    loop->accept_after = loop->worker.now + milliseconds;
    for (size_t i = 0; i < loop->worker.shared->socket_count; i++)
        poll_watch(loop->worker.poll, EPOLL_CTL_DEL, &loop->sockets[i], 0);
}

static void start_accepting(struct loop *loop)
{
    loop->accepting = true;
    for (size_t i = 0; i < loop->worker.shared->socket_count && loop->accepting; i++)
        loop->accepting = poll_watch(loop->worker.poll, EPOLL_CTL_ADD, &loop->sockets[i], EPOLLIN | EPOLLEXCLUSIVE);
    if (!loop->accepting)
        stop_accepting(loop, PAUSE_MILLISECONDS);
}

static bool is_full(const struct loop *loop)
{
    return loop->connection_count >= loop->connection_max;
}

/* The connection of which nothing has moved for longest, and that waits for its client; NULL: none does. */
static struct connection *idlest(const struct loop *loop)
{
    struct timer *const timer = timers_first(&loop->worker.idle);
    return timer == NULL ? NULL : CONNECTION_OF(timer, idle);
}

/* A stranger who holds connections holds none that somebody else needs. */
static bool may_accept(const struct loop *loop)
{
    return (!is_full(loop) || idlest(loop) != NULL) && !gate_is_closed(&loop->worker.shared->gate);
}

/* There is a new connection, which needs room. */
static void make_room(struct loop *loop)
{
    struct connection *const connection = is_full(loop) ? idlest(loop) : NULL;
    if (connection == NULL)
        return;
    LOG_EVENT(loop->worker.shared->options.log, LOG_DEBUG, "gave-way", TEXT_FIELD("address", connection->peer.address));
    close_connection(loop, connection);
}

static void accept_some(struct loop *loop, const struct source *socket)
{
    for (unsigned i = 0; i < ACCEPTS_MAX && loop->accepting; i++) {
        if (!may_accept(loop)) {
            stop_accepting(loop, 0);
            return;
        }
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        const int descriptor =
            accept4(socket->descriptor, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            make_room(loop);
            open_connection(loop, descriptor, &from);
        } else if (errno == EAGAIN)
            return;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM || errno == EINVAL)
            stop_accepting(loop, PAUSE_MILLISECONDS);
    }
}

/* ---- answers that are back, and times that are up ---- */

static void answer_returned(struct loop *loop)
{
    struct letter *letter = mailbox_empty(&loop->worker.returned);
    while (letter != NULL) {
        struct letter *const next = letter->next;
        struct connection *const connection = CONNECTION_OF(letter, returned);
        connection_returned(connection);
        watch_or_close(loop, connection);
        letter = next;
    }
}

static bool is_up(const struct loop *loop, const struct timer *timer)
{
    return timer != NULL && timer->end <= loop->worker.now;
}

static void cut_idle(struct loop *loop, const struct timers *timers)
{
    struct timer *timer;
    while (is_up(loop, timer = timers_first(timers)))
        close_connection(loop, CONNECTION_OF(timer, idle));
}

static void cut_slow(struct loop *loop)
{
    struct timer *timer;
    while (is_up(loop, timer = timers_first(&loop->worker.whole))) {
        struct connection *const connection = CONNECTION_OF(timer, whole);
        LOG_EVENT(loop->worker.shared->options.log, LOG_DEBUG, "cut-off",
                  TEXT_FIELD("address", connection->peer.address));
        close_connection(loop, connection);
    }
}

/* ---- rounds ---- */

static int64_t sooner(int64_t than, const struct timer *timer)
{
    return timer != NULL && timer->end < than ? timer->end : than;
}

/* Milliseconds until something is to be done that nobody tells of; -1: nothing is. */
static int patience(const struct loop *loop)
{
    const struct worker *const worker = &loop->worker;
    int64_t end = sooner(INT64_MAX, timers_first(&worker->idle));
    end = sooner(end, timers_first(&worker->pause));
    end = sooner(end, timers_first(&worker->whole));
    if (!loop->accepting && may_accept(loop) && loop->accept_after < end)
        end = loop->accept_after;
    if (end == INT64_MAX)
        return -1;
    return end <= worker->now ? 0 : end - worker->now > INT_MAX ? INT_MAX : (int)(end - worker->now);
}

static void run_round(struct loop *loop, const struct epoll_event *events, size_t count)
{
    struct source *ready[SOCKETS_MAX];
    size_t ready_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct source *const source = events[i].data.ptr;
        if (source->kind == SOURCE_CONNECTION) {
            struct connection *const connection = (struct connection *)source;
            connection_ready(connection, events[i].events);
            watch_or_close(loop, connection);
        } else if (source->kind == SOURCE_SOCKET) {
            ready[ready_count++] = source;
        }
    }
    answer_returned(loop);
    cut_idle(loop, &loop->worker.idle);
    cut_idle(loop, &loop->worker.pause);
    cut_slow(loop);
    if (!loop->accepting && may_accept(loop) && loop->accept_after <= loop->worker.now)
        start_accepting(loop);
    for (size_t i = 0; i < ready_count; i++)
        accept_some(loop, ready[i]);
}

static void *loop_thread(void *context)
{
    struct loop *const loop = context;
    struct worker *const worker = &loop->worker;
    struct epoll_event events[EVENTS_MAX];
    worker->now = clock_monotonic_ms();
    while (!atomic_load(&loop->stopping)) {
        const int count = epoll_wait(worker->poll, events, EVENTS_MAX, patience(loop));
        worker->now = clock_monotonic_ms();
        run_round(loop, events, count > 0 ? (size_t)count : 0);
    }
    return NULL;
}

/* ---- start and end ---- */

static RESULT open_loop(struct loop *loop, struct shared *shared)
{
    TRY(worker_open(&loop->worker, shared));
    loop->wake = (struct source){SOURCE_WAKE, loop->worker.returned.wake};
    /* Edge-triggered: it need not be read to be written anew. */
    ENSURE(poll_watch(loop->worker.poll, EPOLL_CTL_ADD, &loop->wake, EPOLLIN | EPOLLET), INTERNAL);
    for (size_t i = 0; i < shared->socket_count; i++)
        loop->sockets[i] = (struct source){SOURCE_SOCKET, shared->sockets[i]};
    start_accepting(loop);
    loop->started = pthread_create(&loop->thread, NULL, loop_thread, loop) == 0;
    ENSURE(loop->started, NO_MEMORY);
    if (shared->options.name != NULL)
        pthread_setname_np(loop->thread, shared->options.name);
    return RESULT_OK;
}

RESULT loop_start(struct shared *shared, size_t connection_max, struct loop **ret_loop)
{
    struct loop *const loop = calloc(1, sizeof *loop);
    ENSURE(loop != NULL, NO_MEMORY);
    loop->connection_max = connection_max;
    loop->memory = pool_make(sizeof(struct connection));
    const struct result result = open_loop(loop, shared);
    if (!is_ok(result)) {
        loop_stop(loop);
        return result;
    }
    *ret_loop = loop;
    return RESULT_OK;
}

void loop_stop(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->started) {
        atomic_store(&loop->stopping, true);
        mailbox_wake(&loop->worker.returned);
        pthread_join(loop->thread, NULL);
    }
    answer_returned(loop);
    for (struct connection *connection = loop->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        assert(connection->phase != PHASE_WAITING);
        close_connection(loop, connection);
    }
    pool_free(&loop->memory);
    worker_close(&loop->worker);
    free(loop);
}
