/*
 * One connection; see connection.h.
 *
 * The loop is told of each change once (edge-triggered) and the connection receives once for each time: what is whole
 * in one receive, nearly always, costs one. Where more may be waiting, or another piece of an answer is to be made, the
 * connection asks the loop to look again, so that others have their turn first.
 */
#include "connection.h"

#include "syntax/head.h"
#include "syntax/router.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t ENDED = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

#define CONNECTION_OF(request_) ((struct connection *)(void *)((char *)(request_)-offsetof(struct connection, request)))

/* Something moved. */
static void stay(struct connection *connection)
{
    struct worker *const worker = connection->worker;
    struct timers *const timers = connection->outgoing.in_pieces ? &worker->pause : &worker->idle;
    timer_set(timers, &connection->idle, worker->now);
}

static void limit(struct connection *connection)
{
    timer_set(&connection->worker->whole, &connection->whole, connection->worker->now);
}

void connection_clear(struct connection *connection)
{
    memset(connection, 0, offsetof(struct connection, request) + offsetof(struct http_request, message));
}

static void await_request(struct connection *connection)
{
    connection->phase = PHASE_READING;
    message_begin(&connection->request.message, &connection->worker->shared->limits);
}

void connection_begin(struct connection *connection)
{
    connection->request.peer = &connection->peer;
    connection->request.rooms = &connection->worker->rooms;
    await_request(connection);
    stay(connection);
    limit(connection);
}

void connection_watch(struct connection *connection, bool output)
{
    const uint32_t events = EPOLLIN | EPOLLRDHUP | EPOLLET | (output ? (uint32_t)EPOLLOUT : 0);
    const int operation = connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    connection->watched = true;
    if (!poll_watch(connection->worker->poll, operation, &connection->source, events))
        connection->phase = PHASE_OVER;
}

void connection_end(struct connection *connection)
{
    timer_clear(&connection->idle);
    timer_clear(&connection->whole);
    outgoing_end(&connection->outgoing);
    message_end(&connection->request.message);
    free(connection->behind);
    connection->stream.calls->end(&connection->stream);
}

/* ---- out ---- */

static void linger(struct connection *connection)
{
    if (!connection->stream.calls->finish(&connection->stream)) {
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
        message_end(&connection->request.message);
        await_request(connection);
    }
    stay(connection);
}

/* What the stream did not accept at once. The reader of an answer in pieces may take its time as a whole. */
static void go_on_later(struct connection *connection)
{
    connection->phase = PHASE_SENDING;
    if (!connection->outgoing.in_pieces)
        limit(connection);
    stay(connection);
    connection_watch(connection, true);
}

static void sent(struct connection *connection, enum outgoing_state state)
{
    if (state == OUTGOING_DONE)
        answered(connection);
    else if (state == OUTGOING_FAILED)
        connection->phase = PHASE_OVER;
    else
        go_on_later(connection);
}

static enum head_framing framing_of(const struct connection *connection, const struct http_response *response)
{
    if (response->pieces.produce == NULL || response->pieces.length != HTTP_LENGTH_UNKNOWN)
        return FRAMED_BY_LENGTH;
    return connection->request.message.chunks ? FRAMED_BY_CHUNKS : FRAMED_BY_CLOSE;
}

static void send_response(struct connection *connection, const struct http_response *response)
{
    const bool in_pieces = response->pieces.produce != NULL;
    if (!in_pieces && response->body == NULL) {
        connection->phase = PHASE_OVER;
        return;
    }
    const enum head_framing framing = framing_of(connection, response);
    connection->closing = connection->closing || framing == FRAMED_BY_CLOSE;
    char text[HEAD_SIZE];
    const size_t size = head_write(response, framing, in_pieces ? response->pieces.length : response->size,
                                   worker_date(connection->worker), connection->closing, text);
    const struct slice head = slice_make(text, size);
    const struct message *const message = &connection->request.message;
    const bool head_only = message->method == METHOD_HEAD && message->state != MESSAGE_BROKEN;
    struct outgoing *const outgoing = &connection->outgoing;
    if (in_pieces && head_only)
        response->pieces.end(response->pieces.context);
    if (in_pieces && !head_only)
        sent(connection,
             outgoing_pieces(outgoing, &connection->stream, head, &response->pieces, framing == FRAMED_BY_CHUNKS));
    else
        sent(connection, outgoing_text(outgoing, &connection->stream, head,
                                       slice_make(response->body, head_only ? 0 : response->size)));
    if (!response->lent)
        free(response->body);
}

static void send_more(struct connection *connection)
{
    const uint64_t before = connection->outgoing.accepted;
    const enum outgoing_state state = outgoing_go_on(&connection->outgoing, &connection->stream);
    if (state == OUTGOING_DONE) {
        connection->missed = true; /* looks again, and no longer for output */
        answered(connection);
    } else if (state == OUTGOING_FAILED) {
        connection->phase = PHASE_OVER;
    } else if (connection->outgoing.accepted != before) {
        stay(connection);
        connection_watch(connection, true);
    }
}

/* ---- answers ---- */

static const int refusal_statuses[] = {
    [HTTP_REFUSED_PEER] = 403, [HTTP_NOT_UNDERSTOOD] = 400,  [HTTP_HEAD_TOO_LARGE] = 431, [HTTP_BODY_TOO_LARGE] = 413,
    [HTTP_NO_SUCH_PATH] = 404, [HTTP_NOT_THIS_METHOD] = 405, [HTTP_OUT_OF_MEMORY] = 503,  [HTTP_SERVER_QUIESCENT] = 503,
};

/* `allow`: the methods that there are, or NULL. */
static void refuse(struct connection *connection, enum http_refusal why, const char *allow)
{
    const struct http_options *const options = &connection->worker->shared->options;
    const int status = refusal_statuses[why];
    struct http_response response;
    if (options->refuse != NULL)
        response = options->refuse(options->context, why);
    else
        response = http_response_of(status, "text/plain", slice_of(status_words(status)));
    response.status = status;
    response.allow = allow;
    send_response(connection, &response);
}

/* What ended before its end is answered, and nothing more is read from this client. */
static void refuse_unread(struct connection *connection, enum http_refusal why)
{
    connection->closing = true;
    connection->lingering = true;
    refuse(connection, why, NULL);
}

void http_respond(struct http_request *request, const struct http_response *response)
{
    struct connection *const connection = CONNECTION_OF(request);
    const bool deferred = connection->phase == PHASE_WAITING;
    assert(request->open);
    request->open = false;
    void *const room = request->room;
    request->room = NULL;
    send_response(connection, response);
    pool_return(&connection->worker->rooms, room);
    if (deferred)
        atomic_fetch_sub(&connection->worker->shared->gate.deferred, 1);
}

void http_defer(struct http_request *request, void (*resume)(void *context, struct http_request *request))
{
    struct connection *const connection = CONNECTION_OF(request);
    assert(request->open && connection->phase == PHASE_READING);
    request->resume = resume;
    connection->phase = PHASE_WAITING;
    atomic_fetch_add(&connection->worker->shared->gate.deferred, 1);
}

void http_resume(struct http_request *request)
{
    struct connection *const connection = CONNECTION_OF(request);
    mailbox_put(&connection->worker->returned, &connection->returned);
}

/* ---- the request is there whole ---- */

/* Of the first request it is known since the peer has connected. */
static bool is_welcome(struct connection *connection)
{
    const bool first = !connection->met;
    connection->met = true;
    return first || worker_admits(connection->worker, &connection->peer);
}

static void call_handler(struct connection *connection, const struct route_found *found)
{
    struct shared *const shared = connection->worker->shared;
    struct http_request *const request = &connection->request;
    if (!gate_enter(&shared->gate)) {
        refuse(connection, HTTP_SERVER_QUIESCENT, NULL);
        return;
    }
    char *const name = target_path(&request->message.target) + found->name_begin;
    name[found->name_size] = 0; /* the path goes on there, but has been understood and is not needed any more */
    request->name = name;
    request->open = true;
    found->route->handle(shared->options.context, request);
    assert(!request->open || connection->phase == PHASE_WAITING);
    gate_leave(&shared->gate);
}

static void route(struct connection *connection)
{
    const struct http_options *const options = &connection->worker->shared->options;
    struct message *const message = &connection->request.message;
    struct route_found found;
    const enum route_verdict verdict =
        route_find(options->routes, options->route_count, message->method, target_path(&message->target), &found);
    if (verdict == ROUTE_NOT_THIS_METHOD)
        refuse(connection, HTTP_NOT_THIS_METHOD, found.allow);
    else if (message->oversized || message->starved)
        refuse(connection, message->oversized ? HTTP_BODY_TOO_LARGE : HTTP_OUT_OF_MEMORY, NULL);
    else if (verdict == ROUTE_NO_SUCH_PATH)
        refuse(connection, HTTP_NO_SUCH_PATH, NULL);
    else
        call_handler(connection, &found);
}

static void conclude(struct connection *connection, enum message_state state)
{
    connection->closing = !connection->request.message.persists || gate_is_closed(&connection->worker->shared->gate);
    connection->lingering = false;
    if (!is_welcome(connection))
        refuse_unread(connection, HTTP_REFUSED_PEER);
    else if (state == MESSAGE_WHOLE)
        route(connection);
    else if (state == MESSAGE_HEAD_LARGE)
        refuse_unread(connection, HTTP_HEAD_TOO_LARGE);
    else
        refuse_unread(connection, state == MESSAGE_BROKEN ? HTTP_NOT_UNDERSTOOD : HTTP_BODY_TOO_LARGE);
}

/* ---- in ---- */

/* The request is not there whole yet. */
static void await_rest(struct connection *connection)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct message *const message = &connection->request.message;
    stay(connection);
    if (!timer_is_set(&connection->whole))
        limit(connection);
    if (!message->headed || !message->expects)
        return;
    message->expects = false;
    const ssize_t count = connection->stream.calls->send(&connection->stream, slice_of(go_on), slice_make(NULL, 0));
    if (count != (ssize_t)strlen(go_on))
        connection->phase = PHASE_OVER;
}

/* Behind a request that is not answered yet. */
static void put_behind(struct connection *connection, struct slice input)
{
    if (input.size == 0 || connection->phase == PHASE_OVER || connection->phase == PHASE_LINGERING)
        return;
    connection->behind = malloc(input.size);
    if (connection->behind == NULL) {
        connection->closing = true; /* its next request is lost */
        return;
    }
    memcpy(connection->behind, input.data, input.size);
    connection->behind_size = input.size;
}

/* Requests one after the other, until one is not whole or waits for its answer. */
static void read_requests(struct connection *connection, struct slice input)
{
    while (input.size > 0 && connection->phase == PHASE_READING) {
        size_t used;
        const enum message_state state = message_feed(&connection->request.message, input, &used);
        input = slice_make(input.data + used, input.size - used);
        if (state == MESSAGE_PARTIAL) {
            await_rest(connection);
            return;
        }
        timer_clear(&connection->idle);
        timer_clear(&connection->whole);
        conclude(connection, state);
    }
    put_behind(connection, input);
}

static void read_behind(struct connection *connection)
{
    if (connection->phase != PHASE_READING || connection->behind == NULL)
        return;
    uint8_t *const behind = connection->behind;
    connection->behind = NULL;
    read_requests(connection, slice_make(behind, connection->behind_size));
    free(behind);
}

/* As much as there is room for into the worker's memory; 0: none now, or the connection is over. */
static size_t receive(struct connection *connection, uint32_t events)
{
    struct worker *const worker = connection->worker;
    const ssize_t count = connection->stream.calls->receive(&connection->stream, worker->input, worker->input_size);
    if (count == 0 || count == HTTP_STREAM_FAILED)
        connection->phase = PHASE_OVER;
    if (count <= 0)
        return 0;
    connection->missed = (size_t)count == worker->input_size || (events & ENDED) != 0;
    return (size_t)count;
}

static void read_input(struct connection *connection, uint32_t events)
{
    const size_t size = receive(connection, events);
    if (size > 0 && connection->unwelcome)
        refuse_unread(connection, HTTP_REFUSED_PEER);
    else
        read_requests(connection, slice_make(connection->worker->input, size));
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
    connection_watch(connection, false);
}

void connection_ready(struct connection *connection, uint32_t events)
{
    switch (connection->phase) {
    case PHASE_READING:
        read_input(connection, events);
        break;
    case PHASE_LINGERING:
        drain(connection, events);
        break;
    case PHASE_SENDING:
        send_more(connection);
        read_behind(connection);
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
    struct http_request *const request = &connection->request;
    request->resume(connection->worker->shared->options.context, request);
    assert(!request->open);
    read_behind(connection);
    look_again(connection);
}
