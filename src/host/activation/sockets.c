/*
 * Listening sockets; see inner.h.
 *
 * The system limits how many connections wait at a socket (net.core.somaxconn, mostly 4096), and throws away what comes
 * beyond: those machines try again after one second, then after three, seven and fifteen. A company that switches on
 * at nine is more than that at once. So an address has several sockets, which share its port and each have a queue.
 */
#include "inner.h"

#include "system/files.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Socket option whose value is an int; false where it cannot be set. */
static bool set_option(int descriptor, int level, int option, int value)
{
    return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

static bool bind_and_listen(int descriptor, const struct addrinfo *address, bool only, bool another)
{
    return set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) &&
           set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1) && /* its connections inherit it */
           (address->ai_family != AF_INET6 || set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, only ? 1 : 0)) &&
           /* The first takes the port as its own, so that it fails where anybody has it; then it lets others in. */
           (!another || set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) &&
           bind(descriptor, address->ai_addr, address->ai_addrlen) == 0 &&
           (another || set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) && listen(descriptor, BACKLOG) == 0;
}

/* A listening socket on one address, or -1 with errno; `another`: beside one that is there. An IPv6 one takes IPv4 too
 * unless `only`. */
static int listen_on(const struct addrinfo *address, bool only, bool another)
{
    const int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind_and_listen(descriptor, address, only, another))
        return descriptor;
    const int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

/* The same for a numeric address in text. */
static int listen_on_text(const char *text, uint16_t port, bool only, bool another)
{
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *address = NULL;
    if (getaddrinfo(text, service, &hints, &address) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    const int descriptor = listen_on(address, only, another);
    const int error = errno;
    freeaddrinfo(address);
    errno = error;
    return descriptor;
}

static uint16_t port_of(int descriptor)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address;
    memset(&address, 0, sizeof address);
    socklen_t size = sizeof address;
    if (getsockname(descriptor, &address.any, &size) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.four.sin_port : address.six.sin6_port);
}

static void log_failure(const struct log *log, const char *address, uint16_t port)
{
    LOG_EVENT(log, LOG_ERROR, "not-listening", TEXT_FIELD("address", address), NUMBER_FIELD("port", port),
              TEXT_FIELD("reason", strerrordesc_np(errno)));
}

/* One socket for everything: IPv6 with IPv4 in it, or IPv4 alone on a system without IPv6. */
static int listen_everywhere(uint16_t port, bool another)
{
    const int descriptor = listen_on_text("::", port, false, another);
    if (descriptor >= 0 || errno == EADDRINUSE || errno == EACCES)
        return descriptor;
    return listen_on_text("0.0.0.0", port, false, another);
}

/* How many sockets each address needs for twice as many connections as may be open: the queues do not fill evenly. */
static size_t queue_count(const struct config *config)
{
    uint64_t backlog = 0;
    struct buffer text CLEANUP_BUFFER = buffer_make(32);
    if (is_ok(file_read("/proc/sys/net/core/somaxconn", &text, NULL)) && text.size > 0)
        result_ignore(decimal_read(slice_make(text.data, text.size - 1), UINT64_MAX, &backlog));
    if (backlog == 0)
        backlog = BACKLOG_USUAL;
    if (backlog > BACKLOG)
        backlog = BACKLOG;
    const uint64_t count = (2 * (uint64_t)config->connections + backlog - 1) / backlog;
    return count < 1 ? 1 : count > QUEUES_MAX ? QUEUES_MAX : (size_t)count;
}

struct listening {
    const struct config *config;
    const struct log *log;
    uint16_t port;
    int *sockets;
    size_t count;
};

static int open_one(const struct listening *listening, const char *address, bool another)
{
    const bool only = listening->config->address_count > 1;
    return *address == 0 ? listen_everywhere(listening->port, another)
                         : listen_on_text(address, listening->port, only, another);
}

/* The first socket of an address has to be there; what the others are for can do without them. */
static RESULT open_address(struct listening *listening, const char *address, size_t queues)
{
    for (size_t i = 0; i < queues; i++) {
        const int descriptor = open_one(listening, address, i > 0);
        if (descriptor < 0 && i > 0)
            return RESULT_OK;
        if (descriptor < 0) {
            log_failure(listening->log, *address == 0 ? "::" : address, listening->port);
            return FAIL(PORT_IN_USE);
        }
        listening->sockets[listening->count++] = descriptor;
        listening->port = port_of(descriptor); /* all have the one that the first was given */
    }
    return RESULT_OK;
}

RESULT sockets_open(const struct config *config, const struct log *log, int ret_sockets[static SOCKETS_MAX],
                    size_t *ret_count, uint16_t *ret_port)
{
    int sockets[SOCKETS_MAX];
    struct listening listening = {.config = config, .log = log, .port = config->port, .sockets = sockets};
    const size_t queues = queue_count(config);
    const size_t addresses = config->address_count > 0 ? config->address_count : 1;
    for (size_t i = 0; i < addresses; i++) {
        const struct result opened =
            open_address(&listening, config->address_count > 0 ? config->addresses[i] : "", queues);
        if (!is_ok(opened)) {
            while (listening.count > 0)
                close(sockets[--listening.count]);
            return opened;
        }
    }
    memcpy(ret_sockets, sockets, listening.count * sizeof *sockets);
    *ret_count = listening.count;
    *ret_port = listening.port;
    return RESULT_OK;
}
