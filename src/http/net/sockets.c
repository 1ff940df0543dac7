/*
 * Listening sockets; see sockets.h.
 *
 * The system limits how many connections wait at a socket (net.core.somaxconn, mostly 4096), and throws away what comes
 * beyond: those machines try again after one second, then after three, seven and fifteen. A company that switches on
 * at nine is more than that at once. So an address has several sockets, which share its port and each have a queue.
 */
#include "sockets.h"

#include "base/sentences.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 65535,      /* the system has its own limit below, net.core.somaxconn */
    BACKLOG_USUAL = 4096, /* of systems that do not say what it is */
};

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

static void log_failure(const struct log *log, const char *address, uint16_t port, const char *words)
{
    LOG_EVENT(log, LOG_ERROR, "not-listening", TEXT_FIELD("address", address), NUMBER_FIELD("port", port),
              TEXT_FIELD("reason", words));
}

/* By what the system said. */
static RESULT not_listening(int error)
{
    switch (error) {
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: /* no IPv6 here */
    case ENETDOWN:
    case ENODEV:
        return FAIL(ADDRESS_ABSENT);
    case EACCES:
    case EPERM:
        return FAIL(PORT_FORBIDDEN);
    case EINVAL: /* of a link's own addresses without the link */
        return FAIL(CONFIG_BAD_VALUE);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return FAIL(NO_MEMORY);
    default:
        return FAIL(PORT_IN_USE);
    }
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
static size_t queue_count(const struct http_options *options)
{
    uint64_t backlog = 0;
    struct buffer text CLEANUP_BUFFER = buffer_make(32);
    if (is_ok(file_read("/proc/sys/net/core/somaxconn", &text, NULL)) && text.size > 0)
        result_ignore(decimal_read(slice_make(text.data, text.size - 1), UINT64_MAX, &backlog));
    if (backlog == 0)
        backlog = BACKLOG_USUAL;
    if (backlog > BACKLOG)
        backlog = BACKLOG;
    const uint64_t count = (2 * (uint64_t)options->connections + backlog - 1) / backlog;
    return count < 1 ? 1 : count > QUEUES_MAX ? QUEUES_MAX : (size_t)count;
}

struct listening {
    const struct http_options *options;
    uint16_t port;
    int *sockets;
    size_t count;
};

static int open_socket(const struct listening *listening, const char *address, bool another)
{
    const bool only = listening->options->address_count > 1;
    return *address == 0 ? listen_everywhere(listening->port, another)
                         : listen_on_text(address, listening->port, only, another);
}

/* The first socket of an address has to be there; what the others are for can do without them. */
static RESULT open_address(struct listening *listening, const char *address, size_t queues, struct reason *reason)
{
    for (size_t i = 0; i < queues; i++) {
        const int descriptor = open_socket(listening, address, i > 0);
        if (descriptor < 0 && i > 0)
            return RESULT_OK;
        if (descriptor < 0) {
            const char *const name = *address == 0 ? "::" : address;
            const struct result why = not_listening(errno);
            const char *const words = strerrordesc_np(errno);
            log_failure(listening->options->log, name, listening->port, words);
            return reason_say(reason, why, _("%s port %u: %s"), name, (unsigned)listening->port, words);
        }
        listening->sockets[listening->count++] = descriptor;
        listening->port = port_of(descriptor); /* all have the one that the first was given */
    }
    return RESULT_OK;
}

RESULT sockets_open(const struct http_options *options, int ret_sockets[static SOCKETS_MAX], size_t *ret_count,
                    uint16_t *ret_port, struct reason *reason)
{
    int sockets[SOCKETS_MAX];
    struct listening listening = {.options = options, .port = options->port, .sockets = sockets};
    const size_t queues = queue_count(options);
    const size_t addresses = options->address_count > 0 ? options->address_count : 1;
    for (size_t i = 0; i < addresses; i++) {
        const char *const address = options->address_count > 0 ? options->addresses[i] : "";
        const struct result opened = open_address(&listening, address, queues, reason);
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

/* ---- a Unix socket ---- */

/* Binds by way of the folder's descriptor: the address of a Unix socket holds 107 characters, a folder's path can be
 * longer. A socket that was left there by a process that was killed is in nobody's use: whoever listens in a folder
 * holds its lock. */
static bool bind_in(const char *folder, const char *name, int descriptor)
{
    const int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return false;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
    bool bound = unlinkat(directory, name, 0) == 0 || errno == ENOENT;
    /* The mode of the socket before bind is that of its file, so that there is no moment with another. */
    bound = bound && fchmod(descriptor, 0600) == 0 &&
            bind(descriptor, (const struct sockaddr *)&address, sizeof address) == 0;
    const int error = errno;
    close(directory);
    errno = error;
    return bound;
}

RESULT sockets_open_local(const struct http_options *options, int *ret_socket, struct reason *reason)
{
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor >= 0 && bind_in(options->folder, options->socket, descriptor) &&
        listen(descriptor, (int)options->connections) == 0) {
        *ret_socket = descriptor;
        return RESULT_OK;
    }
    const struct result failed = reason_say(reason, FAIL(FILE_WRITE), "%s", strerrordesc_np(errno));
    if (descriptor >= 0)
        close(descriptor);
    return failed;
}

void sockets_remove_local(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    if (is_ok(path_join(path, folder, name)))
        result_ignore(file_remove(path, NULL));
}
