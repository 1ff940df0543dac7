/* A stream of bytes as they are; see http/stream.h. */
#include "http/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static bool plain_begin(struct http_stream *stream)
{
    stream->session = NULL;
    return true;
}

static ssize_t outcome_of(ssize_t count)
{
    if (count >= 0)
        return count;
    return errno == EAGAIN || errno == EINTR ? HTTP_STREAM_AGAIN : HTTP_STREAM_FAILED;
}

static ssize_t plain_receive(struct http_stream *stream, void *to, size_t room)
{
    return outcome_of(recv(stream->descriptor, to, room, 0));
}

static ssize_t plain_send(struct http_stream *stream, struct slice first, struct slice second)
{
    union {
        const uint8_t *given;
        void *taken;
    } parts[2] = {{first.data}, {second.data}};
    struct iovec vectors[2] = {{parts[0].taken, first.size}, {parts[1].taken, second.size}};
    const struct msghdr message = {.msg_iov = vectors, .msg_iovlen = second.size > 0 ? 2 : 1};
    return outcome_of(sendmsg(stream->descriptor, &message, MSG_NOSIGNAL));
}

static bool plain_finish(struct http_stream *stream)
{
    return shutdown(stream->descriptor, SHUT_WR) == 0;
}

static void plain_end(struct http_stream *stream)
{
    close(stream->descriptor);
}

const struct http_stream_calls http_stream_plain = {plain_begin, plain_receive, plain_send, plain_finish, plain_end};
