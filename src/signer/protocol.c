/* Whole messages over the socket pair; see protocol.h. */
#include "signer/protocol.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static bool ready(int socket, short events, int timeout_ms)
{
    if (timeout_ms < 0)
        return true;
    struct pollfd wait = {.fd = socket, .events = events};
    int count;
    do
        count = poll(&wait, 1, timeout_ms);
    while (count < 0 && errno == EINTR);
    return count == 1;
}

bool wire_read(int socket, void *data, size_t size, int timeout_ms)
{
    uint8_t *at = data;
    while (size > 0) {
        if (!ready(socket, POLLIN, timeout_ms))
            return false;
        const ssize_t got = read(socket, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

bool wire_write(int socket, const void *data, size_t size, int timeout_ms)
{
    const uint8_t *at = data;
    while (size > 0) {
        if (!ready(socket, POLLOUT, timeout_ms))
            return false;
        const ssize_t put = send(socket, at, size, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}
