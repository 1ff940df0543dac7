/*
 * One connection: bytes in, bytes out, its end; see inner.h.
 *
 * The loop is told of each change once (edge-triggered) and the connection receives once for each time: what is whole
 * in one receive, nearly always, costs one. Where more may be waiting, the connection asks the loop to look again, so
 * that others have their turn first.
 */
#include "inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const uint32_t ENDED = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/* Something moved. */
static void stay(struct connection *connection)
{
    timer_set(&connection->loop->idle, &connection->idle, connection->loop->now);
}

static void limit(struct connection *connection)
{
    timer_set(&connection->loop->whole, &connection->whole, connection->loop->now);
}

void connection_begin(struct connection *connection)
{
    message_begin(&connection->message);
    stay(connection);
    limit(connection);
}

void connection_end(struct connection *connection)
{
    timer_clear(&connection->idle);
    timer_clear(&connection->whole);
    message_end(&connection->message);
    free(connection->kept);
    free(connection->unsent);
    close(connection->source.descriptor);
}

/* ---- out ---- */

static void linger(struct connection *connection)
{
    if (shutdown(connection->source.descriptor, SHUT_WR) != 0) {
        connection->phase = PHASE_OVER;
        return;
    }
    connection->phase = PHASE_LINGERING;
    connection->drained = 0;
    connection->missed = true;
    limit(connection);
}

/* The answer is out. */
static void answered(struct connection *connection)
{
    timer_clear(&connection->whole);
    if (connection->closing && connection->lingering) {
        linger(connection);
    } else if (connection->closing) {
        connection->phase = PHASE_OVER;
    } else {
        message_end(&connection->message);
        message_begin(&connection->message);
        connection->phase = PHASE_READING;
    }
    stay(connection);
}

/* Keeps what the socket did not take. */
static void keep_unsent(struct connection *connection, struct slice head, struct slice body, size_t sent)
{
    connection->unsent_size = head.size + body.size;
    connection->unsent = malloc(connection->unsent_size);
    if (connection->unsent == NULL) {
        connection->phase = PHASE_OVER;
        return;
    }
    memcpy(connection->unsent, head.data, head.size);
    if (body.size > 0)
        memcpy(connection->unsent + head.size, body.data, body.size);
    connection->sent = sent;
    connection->phase = PHASE_SENDING;
    limit(connection);
    stay(connection);
    loop_watch(connection, true);
}

static void send_answer(struct connection *connection, struct slice head, struct slice body)
{
    union {
        const uint8_t *given;
        void *taken;
    } parts[2] = {{head.data}, {body.data}};
    struct iovec vectors[2] = {{parts[0].taken, head.size}, {parts[1].taken, body.size}};
    const struct msghdr message = {.msg_iov = vectors, .msg_iovlen = body.size > 0 ? 2 : 1};
    const ssize_t sent = sendmsg(connection->source.descriptor, &message, MSG_NOSIGNAL);
    if (sent >= 0 && (size_t)sent == head.size + body.size)
        answered(connection);
    else if (sent >= 0 || errno == EAGAIN)
        keep_unsent(connection, head, body, sent > 0 ? (size_t)sent : 0);
    else
        connection->phase = PHASE_OVER;
}

void connection_answer(struct connection *connection, const struct reply *reply)
{
    if (reply->body == NULL) {
        connection->phase = PHASE_OVER;
        return;
    }
    char head[REPLY_HEAD_SIZE];
    const size_t size = reply_head(reply, loop_date(connection->loop), connection->closing, head);
    const struct message *const message = &connection->message;
    const bool head_only = message->parser.method == HTTP_HEAD && message->state != MESSAGE_BROKEN;
    send_answer(connection, slice_make(head, size), slice_make(reply->body, head_only ? 0 : reply->size));
    free(reply->body);
}

static void send_more(struct connection *connection)
{
    const size_t left = connection->unsent_size - connection->sent;
    const ssize_t sent = send(connection->source.descriptor, connection->unsent + connection->sent, left, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        connection->phase = PHASE_OVER;
        return;
    }
    if (sent <= 0)
        return;
    connection->sent += (size_t)sent;
    stay(connection);
    if (connection->sent < connection->unsent_size) {
        loop_watch(connection, true);
        return;
    }
    free(connection->unsent);
    connection->unsent = NULL;
    connection->missed = true; /* looks again, and no longer for output */
    answered(connection);
}

/* ---- in ---- */

/* The request is not there whole yet. */
static void await_rest(struct connection *connection)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct message *const message = &connection->message;
    stay(connection);
    if (!timer_is_set(&connection->whole))
        limit(connection);
    if (!message->headed || !message->expects)
        return;
    message->expects = false;
    if (send(connection->source.descriptor, go_on, strlen(go_on), MSG_NOSIGNAL) != (ssize_t)strlen(go_on))
        connection->phase = PHASE_OVER;
}

/* Behind a request that is not answered yet. */
static void keep_input(struct connection *connection, struct slice input)
{
    if (input.size == 0 || connection->phase == PHASE_OVER || connection->phase == PHASE_LINGERING)
        return;
    connection->kept = malloc(input.size);
    if (connection->kept == NULL) {
        connection->closing = true; /* its next request is lost */
        return;
    }
    memcpy(connection->kept, input.data, input.size);
    connection->kept_size = input.size;
}

/* Requests one after the other, until one is not whole or waits for its answer. */
static void proceed(struct connection *connection, struct slice input)
{
    while (input.size > 0 && connection->phase == PHASE_READING) {
        size_t used;
        const enum message_state state = message_feed(&connection->message, input, &used);
        input = slice_make(input.data + used, input.size - used);
        if (state == MESSAGE_PARTIAL) {
            await_rest(connection);
            return;
        }
        timer_clear(&connection->idle);
        timer_clear(&connection->whole);
        exchange_conclude(connection, state);
    }
    keep_input(connection, input);
}

static void proceed_with_kept(struct connection *connection)
{
    if (connection->phase != PHASE_READING || connection->kept == NULL)
        return;
    uint8_t *const kept = connection->kept;
    connection->kept = NULL;
    proceed(connection, slice_make(kept, connection->kept_size));
    free(kept);
}

/* Up to INPUT_SIZE bytes into the loop's memory; 0: none now, or the connection is over. */
static size_t receive(struct connection *connection, uint32_t events)
{
    const ssize_t count = recv(connection->source.descriptor, connection->loop->input, INPUT_SIZE, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN))
        connection->phase = PHASE_OVER;
    if (count <= 0)
        return 0;
    connection->missed = count == INPUT_SIZE || (events & ENDED) != 0;
    return (size_t)count;
}

static void drain(struct connection *connection, uint32_t events)
{
    connection->drained += receive(connection, events);
    if (connection->drained > DRAIN_MAX)
        connection->phase = PHASE_OVER;
}

/* ---- what the loop says ---- */

static void look_again(struct connection *connection)
{
    if (!connection->missed || (connection->phase != PHASE_READING && connection->phase != PHASE_LINGERING))
        return;
    connection->missed = false;
    loop_watch(connection, false);
}

void connection_ready(struct connection *connection, uint32_t events)
{
    switch (connection->phase) {
    case PHASE_READING:
        proceed(connection, slice_make(connection->loop->input, receive(connection, events)));
        break;
    case PHASE_LINGERING:
        drain(connection, events);
        break;
    case PHASE_SENDING:
        send_more(connection);
        proceed_with_kept(connection);
        break;
    case PHASE_WAITING:
        connection->missed = true;
        break;
    case PHASE_OVER:
        break;
    }
    look_again(connection);
}

void connection_returned(struct connection *connection)
{
    exchange_answer(connection);
    proceed_with_kept(connection);
    look_again(connection);
}
