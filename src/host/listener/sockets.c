/* Listening sockets; see inner.h. */
#include "host/listener/inner.h"

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

/* A listening socket on one address, or -1 with errno. An IPv6 one takes IPv4 too unless `only`. */
static int listen_on(const struct addrinfo *address, bool only)
{
    const int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    const bool ready =
        set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) &&
        set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1) && /* its connections inherit it */
        (address->ai_family != AF_INET6 || set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, only ? 1 : 0)) &&
        bind(descriptor, address->ai_addr, address->ai_addrlen) == 0 && listen(descriptor, BACKLOG) == 0;
    if (ready)
        return descriptor;
    const int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

/* The same for a numeric address in text. */
static int listen_on_text(const char *text, uint16_t port, bool only)
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
    const int descriptor = listen_on(address, only);
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
static int listen_everywhere(uint16_t port)
{
    const int descriptor = listen_on_text("::", port, false);
    if (descriptor >= 0 || errno == EADDRINUSE || errno == EACCES)
        return descriptor;
    return listen_on_text("0.0.0.0", port, false);
}

RESULT sockets_open(const struct config *config, const struct log *log, int ret_sockets[static LISTEN_ADDRESSES_MAX],
                    size_t *ret_count, uint16_t *ret_port)
{
    const size_t count = config->address_count > 0 ? config->address_count : 1;
    int sockets[LISTEN_ADDRESSES_MAX] = {0};
    uint16_t port = config->port;
    for (size_t i = 0; i < count; i++) {
        const char *const address = config->address_count > 0 ? config->addresses[i] : "";
        sockets[i] = *address == 0 ? listen_everywhere(port) : listen_on_text(address, port, count > 1);
        if (sockets[i] < 0) {
            log_failure(log, *address == 0 ? "::" : address, port);
            while (i-- > 0)
                close(sockets[i]);
            return FAIL(PORT_IN_USE);
        }
        port = port_of(sockets[i]); /* all have the one that the first was given */
    }
    memcpy(ret_sockets, sockets, count * sizeof *sockets);
    *ret_count = count;
    *ret_port = port;
    return RESULT_OK;
}
