/* The load; see load.h. */
#include "load.h"

#include "host_process.h"
#include "proto/api.h"
#include "system/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MESSAGE_MAX = 4096,
    EVENTS_MAX = LOAD_CONNECTIONS,
    TRIES_TO_PICK = 8,
    DRAIN_PATIENCE_US = 5 * 1000 * 1000,
    /* In a hundred. */
    AGAIN_FIRST = 75,    /* a request that waits for its answer goes before a new one */
    NEW_MACHINE = 70,    /* where there are machines left */
    RELEASE_OF_HELD = 40 /* the other holders renew */
};

struct connection {
    int socket;              /* -1: closed */
    struct machine *machine; /* whose request is under way; NULL: none */
    size_t size;
    uint8_t bytes[RESPONSE_MAX];
};

struct load {
    const struct world *world;
    struct machines *machines;
    struct evidence *evidence;
    struct chance *chance;
    struct faults *faults;
    struct load_counts counts;
    int epoll;
    uint32_t *waiting; /* numbers of machines whose request must be sent again: a stack */
    size_t waiting_count;
    bool draining; /* the host is dead */
    struct buffer body;
    struct buffer message;
    struct connection connections[LOAD_CONNECTIONS];
};

RESULT load_make(const struct world *world, struct machines *machines, struct evidence *evidence, struct chance *chance,
                 struct faults *faults, struct load **ret_load)
{
    struct load *const load = calloc(1, sizeof *load);
    ENSURE(load != NULL, NO_MEMORY);
    load->world = world;
    load->machines = machines;
    load->evidence = evidence;
    load->chance = chance;
    load->faults = faults;
    load->body = buffer_make(MESSAGE_MAX);
    load->message = buffer_make(MESSAGE_MAX);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->waiting = calloc(machines->capacity, sizeof *load->waiting);
    for (size_t i = 0; i < LOAD_CONNECTIONS; i++)
        load->connections[i].socket = -1;
    if (load->epoll < 0 || load->waiting == NULL) {
        load_free(load);
        return FAIL(NO_MEMORY);
    }
    *ret_load = load;
    return RESULT_OK;
}

static void close_connection(struct connection *connection)
{
    if (connection->socket >= 0)
        close(connection->socket);
    connection->socket = -1;
}

void load_free(struct load *load)
{
    if (load == NULL)
        return;
    for (size_t i = 0; i < LOAD_CONNECTIONS; i++)
        close_connection(&load->connections[i]);
    if (load->epoll >= 0)
        close(load->epoll);
    buffer_free(&load->body);
    buffer_free(&load->message);
    free(load->waiting);
    free(load);
}

const struct load_counts *load_counts(const struct load *load)
{
    return &load->counts;
}

/* ---- what is asked ---- */

static bool lucky(struct load *load, unsigned percent)
{
    return chance_below(load->chance, 100) < percent;
}

static void ask(struct load *load, struct machine *machine, enum asking asking)
{
    machine->asking = asking;
    machine->sent_before = false;
    chance_fill(load->chance, &machine->nonce, sizeof machine->nonce);
}

/* A machine that asks for nothing at the moment, or NULL. */
static struct machine *pick_idle(struct load *load)
{
    for (int i = 0; i < TRIES_TO_PICK && load->machines->count > 0; i++) {
        struct machine *const machine = &load->machines->list[chance_below(load->chance, load->machines->count)];
        if (machine->asking == ASKS_NOTHING)
            return machine;
    }
    return NULL;
}

/* The next machine with something to ask, or NULL. */
static struct machine *next_machine(struct load *load)
{
    if (load->waiting_count > 0 && lucky(load, AGAIN_FIRST))
        return &load->machines->list[load->waiting[--load->waiting_count]];
    struct machine *machine = NULL;
    if (lucky(load, NEW_MACHINE))
        machine = machines_add(load->machines, load->chance);
    if (machine == NULL)
        machine = pick_idle(load);
    if (machine != NULL)
        ask(load, machine, machine->holds && lucky(load, RELEASE_OF_HELD) ? ASKS_RELEASE : ASKS_LEASE);
    return machine;
}

/* The machine's request has to be sent again. */
static void put_back(struct load *load, struct machine *machine)
{
    machine->sent_before = true;
    load->waiting[load->waiting_count++] = (uint32_t)machine_number(load->machines, machine);
}

/* ---- sending ---- */

/* The connection has ended without an answer: only the death of the host is a reason. */
static void lose(struct load *load, struct connection *connection)
{
    if (!load->draining)
        fault_add(load->faults, FAULT_SERVICE, "the host hung up while it was alive");
    if (connection->machine != NULL)
        put_back(load, connection->machine);
    connection->machine = NULL;
    close_connection(connection);
}

static RESULT write_message(struct load *load, const struct machine *machine)
{
    buffer_clear(&load->body);
    buffer_clear(&load->message);
    TRY(machine_question_write(machine, load->world->license.id, evidence_seen(load->evidence, machine), clock_now(),
                               &load->body));
    buffer_printf(&load->message, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
                  machine->asking == ASKS_LEASE ? API_ACTIVATE : API_RELEASE, load->body.size);
    buffer_append_slice(&load->message, buffer_slice(&load->body));
    return buffer_status(&load->message);
}

static RESULT send_next(struct load *load, struct connection *connection)
{
    struct machine *const machine = next_machine(load);
    connection->machine = machine;
    connection->size = 0;
    if (machine == NULL)
        return RESULT_OK;
    machine->said = machine->seen;
    TRY(write_message(load, machine));
    load->counts.sent++;
    load->counts.sent_again += machine->sent_before;
    const struct slice message = buffer_slice(&load->message);
    if (send(connection->socket, message.data, message.size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)message.size)
        lose(load, connection);
    return RESULT_OK;
}

/* ---- receiving ---- */

static enum error_code denial_code(struct slice body)
{
    struct denial denial;
    return is_ok(denial_read(body, &denial)) ? denial.code : OK;
}

/* Takes an answer other than 200; false where the request is to be sent again. */
static bool take_denial(struct load *load, struct machine *machine, const struct response *response)
{
    const enum error_code code = denial_code(response->body);
    const bool lease = machine->asking == ASKS_LEASE;
    if (code == ERR_HOST_SIGNER || code == ERR_HOST_BUSY) {
        load->counts.later++;
        return false;
    }
    load->counts.denied++;
    if (code == ERR_NO_SEATS && lease && !machine->holds)
        return true;
    if (code == ERR_RELEASE_NOTHING && !lease && machine->sent_before) {
        machine->holds = false; /* done the first time, and the answer was lost */
        return true;
    }
    fault_add(load->faults, code == ERR_NO_SEATS || code == ERR_RELEASE_NOTHING ? FAULT_LOST : FAULT_SERVICE,
              "machine %zu, which %s, %s%s and is answered %u %s", machine_number(load->machines, machine),
              machine->holds ? "holds a seat" : "holds none", lease ? "asks for a lease" : "releases",
              machine->sent_before ? " again" : "", response->status, error_info(code)->name);
    return true;
}

static RESULT take_answer(struct load *load, struct connection *connection, const struct response *response)
{
    struct machine *const machine = connection->machine;
    connection->machine = NULL;
    if (response->status == 200) {
        TRY(evidence_keep(load->evidence, (uint32_t)machine_number(load->machines, machine), machine, response->body));
        machine->holds = machine->asking == ASKS_LEASE;
        (*(machine->holds ? &load->counts.granted : &load->counts.released))++;
    } else if (!take_denial(load, machine, response)) {
        put_back(load, machine);
        return RESULT_OK;
    }
    machine->asking = ASKS_NOTHING;
    return RESULT_OK;
}

/* Reads what is there; *ret_answered where an answer is whole. */
static RESULT receive(struct load *load, struct connection *connection, bool *ret_answered)
{
    *ret_answered = false;
    const ssize_t got = recv(connection->socket, connection->bytes + connection->size,
                             sizeof connection->bytes - connection->size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return RESULT_OK;
    if (got <= 0 || connection->machine == NULL) {
        lose(load, connection);
        return RESULT_OK;
    }
    connection->size += (size_t)got;
    struct response response;
    switch (response_parse(slice_make(connection->bytes, connection->size), &response)) {
    case RESPONSE_INCOMPLETE:
        return RESULT_OK;
    case RESPONSE_BROKEN:
        fault_add(load->faults, FAULT_SERVICE, "an answer is no HTTP");
        lose(load, connection);
        return RESULT_OK;
    case RESPONSE_WHOLE:
        *ret_answered = true;
        return take_answer(load, connection, &response);
    }
    return FAIL(INTERNAL);
}

/* ---- the loop ---- */

static RESULT connect_one(struct load *load, struct connection *connection, uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ENSURE(connection->socket >= 0, HOST_UNREACHABLE);
    ENSURE(connect(connection->socket, (const struct sockaddr *)&address, sizeof address) == 0, HOST_UNREACHABLE);
    ENSURE(setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, INTERNAL);
    ENSURE(epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->socket, &event) == 0, INTERNAL);
    return RESULT_OK;
}

RESULT load_connect(struct load *load, uint16_t port)
{
    load->draining = false;
    for (size_t i = 0; i < LOAD_CONNECTIONS; i++)
        if (load->connections[i].socket < 0)
            TRY(connect_one(load, &load->connections[i], port));
    return RESULT_OK;
}

static RESULT handle(struct load *load, struct connection *connection)
{
    bool answered;
    TRY(receive(load, connection, &answered));
    return answered ? send_next(load, connection) : RESULT_OK;
}

/* Gives each open connection that rests something to do. */
static RESULT wake_all(struct load *load)
{
    for (size_t i = 0; i < LOAD_CONNECTIONS; i++) {
        struct connection *const connection = &load->connections[i];
        if (connection->socket >= 0 && connection->machine == NULL)
            TRY(send_next(load, connection));
    }
    return RESULT_OK;
}

RESULT load_run(struct load *load, int64_t until)
{
    struct epoll_event events[EVENTS_MAX];
    for (int64_t left = until - monotonic_us(); left > 0; left = until - monotonic_us()) {
        TRY(wake_all(load));
        const struct timespec pause = {.tv_nsec = (left < 1000 ? left : 1000) * 1000};
        const int count = epoll_pwait2(load->epoll, events, EVENTS_MAX, &pause, NULL);
        for (int i = 0; i < count; i++)
            TRY(handle(load, events[i].data.ptr));
    }
    return RESULT_OK;
}

/* The host is dead: what it wrote is there, and behind it the end. */
RESULT load_drain(struct load *load)
{
    const int64_t patience = monotonic_us() + DRAIN_PATIENCE_US;
    load->draining = true;
    for (size_t i = 0; i < LOAD_CONNECTIONS; i++) {
        struct connection *const connection = &load->connections[i];
        bool answered = false;
        while (connection->socket >= 0 && !answered && monotonic_us() < patience)
            TRY(receive(load, connection, &answered));
        lose(load, connection);
    }
    return RESULT_OK;
}
