/*
 * A thread with its epoll; see inner.h.
 *
 * One round: what the connections are ready for, then answers that are back from the engine, then those whose time is
 * up, then new connections. Connections are freed in the later three alone, or by their own event, so that no event of
 * a round is about one that is gone.
 *
 * The engine's thread puts answered connections on a list without a lock, and wakes the loop where the list was empty:
 * once for all answers that come while the loop is busy.
 */
#include "inner.h"

#include "store/machines.h"
#include "system/clock.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static bool watch(const struct loop *loop, int operation, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->poll, operation, source->descriptor, &event) == 0;
}

/* ---- memory ---- */

struct job *loop_take_job(struct loop *loop)
{
    struct job *const job = loop->spare_jobs;
    if (job == NULL)
        return malloc(sizeof *job);
    loop->spare_jobs = job->next;
    loop->spare_job_count--;
    return job;
}

void loop_give_job(struct loop *loop, struct job *job)
{
    if (loop->spare_job_count == SPARE_MAX) {
        free(job);
        return;
    }
    job->next = loop->spare_jobs;
    loop->spare_jobs = job;
    loop->spare_job_count++;
}

static struct connection *take_connection(struct loop *loop)
{
    struct connection *const connection = loop->spare_connections;
    if (connection == NULL)
        return calloc(1, sizeof *connection);
    loop->spare_connections = connection->next;
    loop->spare_connection_count--;
    memset(connection, 0, sizeof *connection);
    return connection;
}

static void give_connection(struct loop *loop, struct connection *connection)
{
    if (loop->spare_connection_count == SPARE_MAX) {
        free(connection);
        return;
    }
    connection->next = loop->spare_connections;
    loop->spare_connections = connection;
    loop->spare_connection_count++;
}

/* ---- the time ---- */

const char *loop_date(struct loop *loop)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const seconds second = clock_now();
    if (second == loop->date_second)
        return loop->date;
    loop->date_second = second;
    loop->date[0] = 0;
    struct tm tm;
    const time_t now = (time_t)second;
    if (gmtime_r(&now, &tm) != NULL && tm.tm_year >= 0 && tm.tm_year <= 8099)
        snprintf(loop->date, sizeof loop->date, "Date: %s, %02u %s %04u %02u:%02u:%02u GMT\r\n", days[tm.tm_wday % 7],
                 (unsigned)tm.tm_mday % 100, months[tm.tm_mon % 12], (unsigned)(1900 + tm.tm_year) % 10000,
                 (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
    return loop->date;
}

/* ---- connections come and go ---- */

void loop_watch(struct connection *connection, bool output)
{
    const uint32_t events = EPOLLIN | EPOLLRDHUP | EPOLLET | (output ? (uint32_t)EPOLLOUT : 0);
    const int operation = connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    connection->watched = true;
    if (!watch(connection->loop, operation, &connection->source, events))
        connection->phase = PHASE_OVER;
}

/* IPv4 that came over an IPv6 socket is plain IPv4 in text, and is counted with it. */
static void name_peer(struct connection *connection, const struct sockaddr_storage *from)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct address *const peer = &connection->peer;
    if (from->ss_family == AF_INET6) {
        memcpy(peer, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, sizeof *peer);
    } else {
        memcpy(peer->bytes, mapped, sizeof mapped);
        memcpy(peer->bytes + sizeof mapped, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    }
    if (memcmp(peer->bytes, mapped, sizeof mapped) == 0)
        inet_ntop(AF_INET, peer->bytes + sizeof mapped, connection->address, ADDRESS_TEXT_SIZE);
    else
        inet_ntop(AF_INET6, peer->bytes, connection->address, ADDRESS_TEXT_SIZE);
}

static bool enter(struct connection *connection)
{
    struct listener *const listener = connection->loop->listener;
    pthread_mutex_lock(&listener->addresses_lock);
    const bool entered = addresses_enter(&listener->addresses, &connection->peer);
    pthread_mutex_unlock(&listener->addresses_lock);
    return entered;
}

static void leave(struct connection *connection)
{
    struct listener *const listener = connection->loop->listener;
    pthread_mutex_lock(&listener->addresses_lock);
    addresses_leave(&listener->addresses, &connection->peer);
    pthread_mutex_unlock(&listener->addresses_lock);
}

static void close_connection(struct connection *connection)
{
    struct loop *const loop = connection->loop;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        loop->connections = connection->next;
    loop->connection_count--;
    connection_end(connection);
    leave(connection);
    give_connection(loop, connection);
}

/* A connection is watched once it waits for its client. One that brings its request along and ends with the answer
 * never is. */
static void settle(struct connection *connection)
{
    const bool waits = connection->phase == PHASE_READING || connection->phase == PHASE_LINGERING;
    if (waits && !connection->watched)
        loop_watch(connection, false);
    if (connection->phase == PHASE_OVER)
        close_connection(connection);
}

static void open_connection(struct loop *loop, int descriptor, const struct sockaddr_storage *from)
{
    struct connection *const connection = take_connection(loop);
    if (connection == NULL) {
        close(descriptor);
        return;
    }
    connection->source = (struct source){SOURCE_CONNECTION, descriptor};
    connection->loop = loop;
    name_peer(connection, from);
    if (!enter(connection)) {
        close(descriptor);
        give_connection(loop, connection);
        return;
    }
    connection->next = loop->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    loop->connections = connection;
    loop->connection_count++;
    connection_begin(connection);
    connection_ready(connection, EPOLLIN); /* mostly its request is there by now */
    settle(connection);
}

/* ---- new connections ---- */

static void stop_accepting(struct loop *loop, int64_t milliseconds)
{
    loop->accepting = false;
    loop->accept_after = loop->now + milliseconds;
    for (size_t i = 0; i < loop->listener->socket_count; i++)
        watch(loop, EPOLL_CTL_DEL, &loop->sockets[i], 0);
}

static void start_accepting(struct loop *loop)
{
    loop->accepting = true;
    for (size_t i = 0; i < loop->listener->socket_count && loop->accepting; i++)
        loop->accepting = watch(loop, EPOLL_CTL_ADD, &loop->sockets[i], EPOLLIN | EPOLLEXCLUSIVE);
    if (!loop->accepting)
        stop_accepting(loop, PAUSE_MILLISECONDS);
}

static bool may_accept(const struct loop *loop)
{
    return loop->connection_count < loop->connection_max && !atomic_load(&loop->listener->closed);
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
        if (descriptor >= 0)
            open_connection(loop, descriptor, &from);
        else if (errno == EAGAIN)
            return;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM || errno == EINVAL)
            stop_accepting(loop, PAUSE_MILLISECONDS);
    }
}

/* ---- answers ---- */

static void wake_up(int descriptor)
{
    /* It fails only where it has been written 2^64 times, and then the loop is awake. */
    (void)eventfd_write(descriptor, 1);
}

void loop_return(struct connection *connection)
{
    struct loop *const loop = connection->loop;
    const int wake = loop->wake.descriptor;
    struct connection *first = atomic_load_explicit(&loop->returned, memory_order_relaxed);
    do
        connection->returned = first;
    while (!atomic_compare_exchange_weak_explicit(&loop->returned, &first, connection, memory_order_release,
                                                  memory_order_relaxed));
    /* The connection is no longer ours, and where the list was not empty, nor is the loop. */
    if (first == NULL)
        wake_up(wake);
}

static void take_returned(struct loop *loop)
{
    struct connection *connection = atomic_exchange_explicit(&loop->returned, NULL, memory_order_acquire);
    struct connection *first = NULL;
    while (connection != NULL) { /* the order in which they came */
        struct connection *const next = connection->returned;
        connection->returned = first;
        first = connection;
        connection = next;
    }
    while (first != NULL) {
        struct connection *const next = first->returned;
        connection_returned(first);
        settle(first);
        first = next;
    }
}

/* ---- rounds ---- */

#define CONNECTION_OF(timer_, member) \
    ((struct connection *)(void *)((char *)(timer_)-offsetof(struct connection, member)))

static void cut_late(struct loop *loop)
{
    struct timer *timer;
    while ((timer = timers_first(&loop->idle)) != NULL && timer->end <= loop->now)
        close_connection(CONNECTION_OF(timer, idle));
    while ((timer = timers_first(&loop->whole)) != NULL && timer->end <= loop->now) {
        struct connection *const connection = CONNECTION_OF(timer, whole);
        LOG_EVENT(loop->listener->log, LOG_DEBUG, "cut-off", TEXT_FIELD("address", connection->address));
        close_connection(connection);
    }
}

static int64_t sooner(int64_t than, const struct timer *timer)
{
    return timer != NULL && timer->end < than ? timer->end : than;
}

/* Milliseconds until something is to be done that nobody tells of; -1: nothing is. */
static int patience(const struct loop *loop)
{
    int64_t end = sooner(sooner(INT64_MAX, timers_first(&loop->idle)), timers_first(&loop->whole));
    if (!loop->accepting && may_accept(loop) && loop->accept_after < end)
        end = loop->accept_after;
    if (end == INT64_MAX)
        return -1;
    return end <= loop->now ? 0 : end - loop->now > INT_MAX ? INT_MAX : (int)(end - loop->now);
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
            settle(connection);
        } else if (source->kind == SOURCE_SOCKET) {
            ready[ready_count++] = source;
        }
    }
    take_returned(loop);
    cut_late(loop);
    if (!loop->accepting && may_accept(loop) && loop->accept_after <= loop->now)
        start_accepting(loop);
    for (size_t i = 0; i < ready_count; i++)
        accept_some(loop, ready[i]);
}

static void *loop_thread(void *context)
{
    struct loop *const loop = context;
    struct epoll_event events[EVENTS_MAX];
    loop->now = clock_monotonic_ms();
    while (!atomic_load(&loop->stopping)) {
        const int count = epoll_wait(loop->poll, events, EVENTS_MAX, patience(loop));
        loop->now = clock_monotonic_ms();
        run_round(loop, events, count > 0 ? (size_t)count : 0);
    }
    return NULL;
}

/* ---- start and end ---- */

static RESULT make_poll(struct loop *loop)
{
    loop->poll = epoll_create1(EPOLL_CLOEXEC);
    ENSURE(loop->poll >= 0, INTERNAL);
    loop->wake = (struct source){SOURCE_WAKE, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    ENSURE(loop->wake.descriptor >= 0, INTERNAL);
    /* Edge-triggered: it need not be read to be written anew. */
    ENSURE(watch(loop, EPOLL_CTL_ADD, &loop->wake, EPOLLIN | EPOLLET), INTERNAL);
    for (size_t i = 0; i < loop->listener->socket_count; i++)
        loop->sockets[i] = (struct source){SOURCE_SOCKET, loop->listener->sockets[i]};
    start_accepting(loop);
    return RESULT_OK;
}

RESULT loop_start(struct listener *listener, const struct config *config, size_t connection_max, struct loop **ret_loop)
{
    struct loop *const loop = calloc(1, sizeof *loop);
    ENSURE(loop != NULL, NO_MEMORY);
    loop->listener = listener;
    loop->connection_max = connection_max;
    loop->poll = -1;
    loop->wake.descriptor = -1;
    loop->now = clock_monotonic_ms();
    timers_make(&loop->idle, config->idle_timeout * 1000);
    timers_make(&loop->whole, config->request_timeout * 1000);
    struct result result = make_poll(loop);
    if (is_ok(result)) {
        loop->started = pthread_create(&loop->thread, NULL, loop_thread, loop) == 0;
        if (!loop->started)
            result = FAIL(NO_MEMORY);
    }
    if (!is_ok(result)) {
        loop_stop(loop);
        return result;
    }
    pthread_setname_np(loop->thread, "listener");
    *ret_loop = loop;
    return RESULT_OK;
}

static void free_spares(struct loop *loop)
{
    while (loop->spare_connections != NULL) {
        struct connection *const next = loop->spare_connections->next;
        free(loop->spare_connections);
        loop->spare_connections = next;
    }
    while (loop->spare_jobs != NULL) {
        struct job *const next = loop->spare_jobs->next;
        free(loop->spare_jobs);
        loop->spare_jobs = next;
    }
}

void loop_stop(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->started) {
        atomic_store(&loop->stopping, true);
        wake_up(loop->wake.descriptor);
        pthread_join(loop->thread, NULL);
    }
    take_returned(loop);
    for (struct connection *connection = loop->connections, *next; connection != NULL; connection = next) {
        next = connection->next;
        assert(connection->phase != PHASE_WAITING);
        close_connection(connection);
    }
    free_spares(loop);
    if (loop->wake.descriptor >= 0)
        close(loop->wake.descriptor);
    if (loop->poll >= 0)
        close(loop->poll);
    free(loop);
}
