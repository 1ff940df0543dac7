/* Requests, and whole messages over the socket pair; see protocol.h. */
#include "signer/protocol.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a request ---- */

RESULT signer_request_write(const char *origin, const struct leaf_run *run, struct buffer *out)
{
    ENSURE(run->count <= SIGNER_LEAVES_MAX, TEXT_TOO_LONG);
    struct signer_request request = {.first = run->first, .root = run->root, .count = (uint32_t)run->count};
    TRY(slice_copy_text(slice_of(origin), request.origin, sizeof request.origin));
    for (size_t i = 0; i < run->count; i++) {
        ENSURE(run->leaves[i].size <= LEAF_MAX, TEXT_TOO_LONG);
        request.size += (uint32_t)(sizeof(uint32_t) + run->leaves[i].size);
    }
    buffer_append(out, &request, sizeof request);
    for (size_t i = 0; i < run->count; i++) {
        const uint32_t size = (uint32_t)run->leaves[i].size;
        buffer_append(out, &size, sizeof size);
        buffer_append_slice(out, run->leaves[i]);
    }
    return buffer_status(out);
}

bool signer_request_sound(const struct signer_request *request)
{
    return request->count <= SIGNER_LEAVES_MAX && request->size <= SIGNER_TEXTS_MAX &&
           memchr(request->origin, 0, sizeof request->origin) != NULL;
}

RESULT signer_request_run(const struct signer_request *request, const uint8_t *texts,
                          struct slice leaves[static SIGNER_LEAVES_MAX], struct leaf_run *ret_run)
{
    size_t at = 0;
    for (uint32_t i = 0; i < request->count; i++) {
        uint32_t size;
        ENSURE(request->size - at >= sizeof size, TEXT_TRUNCATED);
        memcpy(&size, texts + at, sizeof size);
        at += sizeof size;
        ENSURE(size <= LEAF_MAX, TEXT_TOO_LONG);
        ENSURE(size <= request->size - at, TEXT_TRUNCATED);
        leaves[i] = slice_make(texts + at, size);
        at += size;
    }
    ENSURE(at == request->size, TEXT_TRAILING);
    *ret_run = (struct leaf_run){request->first, request->count, leaves, request->root};
    return RESULT_OK;
}

/* ---- over the socket ---- */

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
