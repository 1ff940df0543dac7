/*
 * Each open connection, and the sweeper that cuts off the slow ones; see inner.h.
 *
 * The HTTP library ends connections on which nothing moves. A client that sends a byte a second moves, in its headers
 * or in its body: for those each connection has a deadline by which its request must be there whole, or its answer
 * taken.
 */
#include "host/listener/inner.h"

#include "system/clock.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { SWEEP_SHORTEST = 50, SWEEP_LONGEST = 1000 /* milliseconds between two looks */ };

/* Text of the peer's address; IPv4 that came over an IPv6 socket as plain IPv4. */
static void write_address(const struct sockaddr *peer, char text[static ADDRESS_TEXT_SIZE])
{
    text[0] = 0;
    if (peer->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, text, ADDRESS_TEXT_SIZE);
    if (peer->sa_family != AF_INET6)
        return;
    const struct in6_addr *const address = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, &address->s6_addr[12], text, ADDRESS_TEXT_SIZE);
    else
        inet_ntop(AF_INET6, address, text, ADDRESS_TEXT_SIZE);
}

void connection_allow(struct connection *connection, int64_t milliseconds)
{
    atomic_store_explicit(&connection->deadline, clock_monotonic_ms() + milliseconds, memory_order_relaxed);
}

static void opened(struct listener *listener, struct MHD_Connection *http, void **socket_context)
{
    /* Without memory the context stays NULL, and the first request ends the connection. */
    struct connection *const connection = calloc(1, sizeof *connection);
    *socket_context = connection;
    if (connection == NULL)
        return;
    connection->listener = listener;
    connection->exchange.body = buffer_make(REQUEST_MAX);
    connection->descriptor = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    write_address(MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, connection->address);
    connection_allow(connection, listener->request_milliseconds);

    pthread_mutex_lock(&listener->lock);
    connection->next = listener->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    listener->connections = connection;
    pthread_mutex_unlock(&listener->lock);
}

static void closed(struct listener *listener, struct connection *connection)
{
    if (connection == NULL)
        return;
    pthread_mutex_lock(&listener->lock);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        listener->connections = connection->next;
    pthread_mutex_unlock(&listener->lock);
    buffer_free(&connection->exchange.body);
    free(connection);
}

void connection_notify(void *context, struct MHD_Connection *http, void **socket_context,
                       enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        opened(context, http, socket_context);
    else
        closed(context, *socket_context);
}

/* With the lock held. The HTTP library sees the end of the connection and cleans up. */
static void cut_late(struct listener *listener)
{
    const int64_t now = clock_monotonic_ms();
    for (struct connection *connection = listener->connections; connection != NULL; connection = connection->next)
        if (atomic_load_explicit(&connection->deadline, memory_order_relaxed) <= now) {
            shutdown(connection->descriptor, SHUT_RDWR);
            LOG_EVENT(listener->log, LOG_DEBUG, "cut-off", TEXT_FIELD("address", connection->address));
        }
}

void *sweeper_thread(void *context)
{
    struct listener *const listener = context;
    int64_t pause = listener->request_milliseconds / 8;
    pause = pause < SWEEP_SHORTEST ? SWEEP_SHORTEST : pause > SWEEP_LONGEST ? SWEEP_LONGEST : pause;
    pthread_mutex_lock(&listener->lock);
    while (!listener->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        const int64_t nanoseconds = until.tv_nsec + pause % 1000 * 1000000;
        until.tv_sec += pause / 1000 + nanoseconds / 1000000000;
        until.tv_nsec = nanoseconds % 1000000000;
        pthread_cond_timedwait(&listener->ending, &listener->lock, &until);
        cut_late(listener);
    }
    pthread_mutex_unlock(&listener->lock);
    return NULL;
}
