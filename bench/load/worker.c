/* The epoll loop; see worker.h. Edge-triggered: each connection is registered once. */
#include "worker.h"

#include "response.h"
#include "system/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 256,
    TICK_MS = 10,
    BEGINS_IN_A_ROW = 64,         /* then answers are read again */
    FAILURES_IN_A_ROW_MAX = 2000, /* a host that only fails is not asked on and on */
};
#define SECOND_NS INT64_C(1000000000)
#define BEHIND_NS (SECOND_NS / 10) /* behind its time by that much, a machine of a storm was held up by us */

enum connection_state { CONNECTION_FREE, CONNECTION_CONNECTING, CONNECTION_WAITING };

struct connection {
    enum connection_state state;
    int socket;
    int64_t began;
    uint64_t number; /* of its request */
    uint8_t *held;   /* the beginning of an answer that came in parts; RESPONSE_MAX bytes */
    size_t held_size;
};

struct worker {
    const struct plan *plan;
    struct tally *tally;
    int epoll;
    struct connection *connections;
    uint32_t *free; /* stack of free connections */
    unsigned free_count;
    uint64_t next; /* number of the next request */
    unsigned source;
    unsigned failures; /* since the last answer */
    bool stopping;
    int64_t counts_from;
    int64_t counts_until;
    int64_t swept;
    int64_t last_answer;
    uint8_t scratch[RESPONSE_MAX];
};

int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* ---- requests ---- */

/* Sends the next request on a connection; false where the system takes less than all of it. */
static bool send_request(struct worker *worker, struct connection *connection)
{
    const struct slice message = question_message(worker->plan->questions, connection->number);
    const ssize_t sent = send(connection->socket, message.data, message.size, MSG_NOSIGNAL);
    connection->state = CONNECTION_WAITING;
    return sent == (ssize_t)message.size;
}

static bool may_begin(const struct worker *worker)
{
    return !worker->stopping && worker->next < worker->plan->limit;
}

static uint64_t take_number(struct worker *worker)
{
    const uint64_t number = worker->next;
    worker->next += worker->plan->workers;
    return number;
}

/* ---- connections ---- */

static uint32_t slot_of(const struct worker *worker, const struct connection *connection)
{
    return (uint32_t)(connection - worker->connections);
}

static void drop(struct worker *worker, struct connection *connection)
{
    if (connection->socket >= 0)
        close(connection->socket);
    free(connection->held);
    *connection = (struct connection){.socket = -1};
    worker->free[worker->free_count++] = slot_of(worker, connection);
}

static void fail(struct worker *worker, struct connection *connection, uint64_t *counter)
{
    (*counter)++;
    worker->failures++;
    if (worker->failures > FAILURES_IN_A_ROW_MAX && worker->plan->mode != LOAD_STORM)
        worker->stopping = true;
    drop(worker, connection);
}

static void fail_by_errno(struct worker *worker, struct connection *connection, int code)
{
    if (code == ECONNREFUSED)
        fail(worker, connection, &worker->tally->refused);
    else if (code == ECONNRESET || code == EPIPE || code == ETIMEDOUT)
        fail(worker, connection, &worker->tally->reset);
    else
        fail(worker, connection, &worker->tally->unsent);
}

/* A socket from the next source address. -1 with errno. */
static int new_socket(struct worker *worker)
{
    const int file = socket(worker->plan->target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file < 0)
        return -1;
    const int on = 1;
    struct sockaddr_storage source;
    socklen_t size;
    bool ready = true;
    if (worker->plan->mode == LOAD_KEEPALIVE)
        ready = setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
    if (worker->plan->sources + worker->plan->sources_from > 1 &&
        target_source(&worker->plan->target, worker->plan->sources_from + worker->source++ % worker->plan->sources,
                      &source, &size))
        ready = ready && setsockopt(file, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
                bind(file, (struct sockaddr *)&source, size) == 0;
    if (ready)
        return file;
    const int code = errno;
    close(file);
    errno = code;
    return -1;
}

static void watch(struct worker *worker, struct connection *connection, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLET, .data.u32 = slot_of(worker, connection)};
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, connection->socket, &event) != 0)
        fail(worker, connection, &worker->tally->unsent);
}

/* Begins a connection with the next request on it. False where no descriptor is to be had. */
static bool begin(struct worker *worker, int64_t began)
{
    const int file = new_socket(worker);
    if (file < 0 && (errno == EMFILE || errno == ENFILE))
        return false;
    struct connection *connection = &worker->connections[worker->free[--worker->free_count]];
    *connection = (struct connection){.socket = file, .began = began, .number = take_number(worker)};
    connection->state = CONNECTION_CONNECTING;
    if (file < 0) {
        fail_by_errno(worker, connection, errno);
        return true;
    }
    if (connect(file, (const struct sockaddr *)&worker->plan->target.address, worker->plan->target.size) != 0) {
        if (errno == EINPROGRESS)
            watch(worker, connection, EPOLLIN | EPOLLOUT);
        else
            fail_by_errno(worker, connection, errno);
    } else if (send_request(worker, connection)) {
        watch(worker, connection, EPOLLIN);
    } else {
        fail_by_errno(worker, connection, errno);
    }
    return true;
}

/* ---- answers ---- */

static void verify(struct worker *worker, const struct connection *connection, struct slice body)
{
    const struct plan *plan = worker->plan;
    if (plan->verify_every == 0 || connection->number / plan->workers % plan->verify_every != 0)
        return;
    struct bench_machine machine;
    struct result result = question_machine(&plan->questions->plan, connection->number, &machine);
    if (is_ok(result))
        result =
            judge_answer(plan->judge, body, &machine, question_note(plan->questions, connection->number), clock_now());
    worker->tally->verified++;
    if (is_ok(result))
        return;
    if (worker->tally->unbelieved++ == 0)
        worker->tally->unbelieved_code = (uint32_t)result_code(result);
}

static void count(struct worker *worker, const struct connection *connection, const struct response *response)
{
    const int64_t now = monotonic_ns();
    worker->tally->status[response->status]++;
    if (response->status != 200)
        return;
    worker->failures = 0;
    worker->last_answer = now;
    if (now < worker->counts_from || now >= worker->counts_until)
        return;
    worker->tally->answers++;
    worker->tally->answer_bytes += response->body.size;
    histogram_add(&worker->tally->latency, (uint64_t)(now - connection->began));
}

static void answered(struct worker *worker, struct connection *connection, const struct response *response)
{
    count(worker, connection, response);
    if (response->status == 200)
        verify(worker, connection, response->body);
    if (worker->plan->mode != LOAD_KEEPALIVE || response->closes || !may_begin(worker)) {
        drop(worker, connection);
        return;
    }
    free(connection->held);
    connection->held = NULL;
    connection->held_size = 0;
    connection->began = monotonic_ns();
    connection->number = take_number(worker);
    if (!send_request(worker, connection))
        fail_by_errno(worker, connection, errno);
}

/* Keeps what has come of an answer; false where there is no memory. */
static bool hold(struct connection *connection, const uint8_t *bytes, size_t size)
{
    if (connection->held == NULL) {
        connection->held = malloc(RESPONSE_MAX);
        if (connection->held == NULL)
            return false;
        memcpy(connection->held, bytes, size);
    }
    connection->held_size += size;
    return true;
}

static void receive(struct worker *worker, struct connection *connection)
{
    for (;;) {
        uint8_t *const at = connection->held == NULL ? worker->scratch : connection->held + connection->held_size;
        const ssize_t got = recv(connection->socket, at, RESPONSE_MAX - connection->held_size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got < 0) {
            fail_by_errno(worker, connection, errno);
            return;
        }
        if (got == 0) {
            fail(worker, connection, &worker->tally->closed);
            return;
        }
        const size_t size = connection->held_size + (size_t)got;
        struct response response;
        switch (response_parse(slice_make(connection->held == NULL ? at : connection->held, size), &response)) {
        case RESPONSE_WHOLE:
            answered(worker, connection, &response);
            return;
        case RESPONSE_BROKEN:
            fail(worker, connection, &worker->tally->broken);
            return;
        case RESPONSE_INCOMPLETE:
            if (!hold(connection, at, (size_t)got)) {
                fail(worker, connection, &worker->tally->unsent);
                return;
            }
        }
    }
}

static void handle(struct worker *worker, const struct epoll_event *event)
{
    struct connection *connection = &worker->connections[event->data.u32];
    if (connection->state == CONNECTION_CONNECTING) {
        int code = 0;
        socklen_t size = sizeof code;
        if (getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code != 0) {
            fail_by_errno(worker, connection, code);
            return;
        }
        if (!(event->events & EPOLLOUT))
            return;
        if (!send_request(worker, connection)) {
            fail_by_errno(worker, connection, errno);
            return;
        }
    }
    if (connection->state == CONNECTION_WAITING && event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(worker, connection);
}

/* ---- the loop ---- */

/* When request `number` of a storm is due. */
static int64_t due(const struct plan *plan, uint64_t number)
{
    return plan->begin + (int64_t)((double)number / (double)plan->limit * (double)plan->duration);
}

static void begin_due(struct worker *worker, int64_t now)
{
    const struct plan *plan = worker->plan;
    for (int i = 0; i < BEGINS_IN_A_ROW && may_begin(worker) && worker->free_count > 0; i++) {
        int64_t began = now;
        if (plan->mode == LOAD_STORM) {
            began = due(plan, worker->next);
            if (began > now)
                return;
        }
        if (now - began > BEHIND_NS)
            worker->tally->behind++;
        if (!begin(worker, began))
            return;
        /* Closed loops begin a connection when another has ended; the clock moves meanwhile. */
        now = monotonic_ns();
    }
}

/* Gives up what has waited too long. */
static void sweep(struct worker *worker, int64_t now)
{
    if (now - worker->swept < SECOND_NS / 2)
        return;
    worker->swept = now;
    for (unsigned i = 0; i < worker->plan->connections; i++) {
        struct connection *connection = &worker->connections[i];
        if (connection->state != CONNECTION_FREE && now - connection->began > worker->plan->patience)
            fail(worker, connection, &worker->tally->late);
    }
}

static void keep_time(struct worker *worker, int64_t now)
{
    if (worker->plan->mode != LOAD_STORM && now >= worker->counts_until)
        worker->stopping = true;
    sweep(worker, now);
}

/* Milliseconds to wait for events. */
static int pause_of(const struct worker *worker)
{
    if (!may_begin(worker) || worker->free_count == 0)
        return TICK_MS;
    return worker->plan->mode == LOAD_STORM && due(worker->plan, worker->next) > monotonic_ns() ? 1 : 0;
}

static void run(struct worker *worker)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t now = monotonic_ns();
    while (now < worker->plan->begin) {
        const struct timespec rest = {0, 1000000};
        nanosleep(&rest, NULL);
        now = monotonic_ns();
    }
    for (;;) {
        keep_time(worker, now);
        begin_due(worker, now);
        if (worker->free_count == worker->plan->connections && !may_begin(worker))
            return;
        const int count = epoll_wait(worker->epoll, events, EVENTS_MAX, pause_of(worker));
        for (int i = 0; i < count; i++)
            handle(worker, &events[i]);
        now = monotonic_ns();
    }
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static RESULT prepare(struct worker *worker)
{
    const unsigned count = worker->plan->connections;
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    ENSURE(worker->epoll >= 0, INTERNAL);
    worker->connections = calloc(count, sizeof *worker->connections);
    worker->free = calloc(count, sizeof *worker->free);
    ENSURE(worker->connections != NULL && worker->free != NULL, NO_MEMORY);
    for (unsigned i = 0; i < count; i++) {
        worker->connections[i].socket = -1;
        worker->free[i] = count - 1 - i;
    }
    worker->free_count = count;
    return RESULT_OK;
}

RESULT worker_run(const struct plan *plan, struct tally *ret_tally)
{
    struct worker *worker = calloc(1, sizeof *worker);
    ENSURE(worker != NULL, NO_MEMORY);
    memset(ret_tally, 0, sizeof *ret_tally);
    worker->plan = plan;
    worker->tally = ret_tally;
    worker->next = plan->worker;
    worker->source = plan->worker;
    worker->epoll = -1;
    worker->counts_from = plan->begin + plan->warmup;
    worker->counts_until = plan->mode == LOAD_STORM ? INT64_MAX : worker->counts_from + plan->duration;
    const struct result result = prepare(worker);
    if (is_ok(result)) {
        const double cpu = cpu_seconds();
        run(worker);
        ret_tally->cpu_seconds = cpu_seconds() - cpu;
        const int64_t end = plan->mode == LOAD_STORM || worker->last_answer < worker->counts_until
                                ? worker->last_answer
                                : worker->counts_until;
        ret_tally->seconds = end > worker->counts_from ? (double)(end - worker->counts_from) / 1e9 : 0;
        ret_tally->used_up = plan->mode != LOAD_STORM && !worker->stopping;
    }
    if (worker->epoll >= 0)
        close(worker->epoll);
    free(worker->connections);
    free(worker->free);
    free(worker);
    return result;
}
