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
    AGAIN_FIRST = 75,     /* a request that waits for its answer goes before a new one */
    NEW_MACHINE = 70,     /* where there are machines left */
    RELEASE_OF_HELD = 40, /* the other holders renew */
    GIVE_UP = 20,         /* what waits for its answer, for a new question with a new number */
    ASK_AGAIN = 10,       /* where the last question was answered with a leaf */
    ASK_AS_COPY = 5,      /* where there is a leaf */
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

/* A machine whose question waits for its answer, or a new one. */
static struct machine *next_waiting(struct load *load)
{
    struct machine *const machine = &load->machines->list[load->waiting[--load->waiting_count]];
    const bool may_give_up = machine->asking == ASKS_LEASE || machine->asking == ASKS_RELEASE;
    if (machine->sent_before && may_give_up && lucky(load, GIVE_UP)) {
        machine_ask(machine, machine->asking, clock_now());
        machine->unsure = true;
        load->counts.given_up++;
    }
    return machine;
}

static void choose_question(struct load *load, struct machine *machine)
{
    if (machine->seen == 0)
        machine->asking = ASKS_INTRODUCTION;
    else if (machine->answered && lucky(load, ASK_AGAIN))
        machine_ask_again(machine);
    else if (machine->leaf_number > 0 && lucky(load, ASK_AS_COPY))
        machine_ask_as_copy(machine, 1 + chance_below(load->chance, machine->leaf_number), clock_now());
    else
        machine_ask(machine, machine->holds && lucky(load, RELEASE_OF_HELD) ? ASKS_RELEASE : ASKS_LEASE, clock_now());
}

/* The next machine with something to ask, or NULL. */
static struct machine *next_machine(struct load *load)
{
    if (load->waiting_count > 0 && lucky(load, AGAIN_FIRST))
        return next_waiting(load);
    struct machine *machine = NULL;
    if (lucky(load, NEW_MACHINE))
        machine = machines_add(load->machines, load->chance);
    if (machine == NULL)
        machine = pick_idle(load);
    if (machine != NULL)
        choose_question(load, machine);
    return machine;
}

/* The machine's question is to be sent, sooner or later. */
static void put_back(struct load *load, struct machine *machine, bool sent_before)
{
    machine->sent_before = sent_before;
    load->waiting[load->waiting_count++] = (uint32_t)machine_number(load->machines, machine);
}

/* ---- sending ---- */

/* The connection has ended without an answer: only the death of the host is a reason. */
static void lose(struct load *load, struct connection *connection)
{
    if (!load->draining)
        fault_add(load->faults, FAULT_SERVICE, "the host hung up while it was alive");
    if (connection->machine != NULL)
        put_back(load, connection->machine, true);
    connection->machine = NULL;
    close_connection(connection);
}

/* Signs the machine's question. Each time it is the same note. */
static RESULT sign(struct load *load, struct machine *machine)
{
    struct errand *const question = &machine->question;
    buffer_clear(&load->body);
    TRY(machine_note_write(machine, &load->world->license, &load->evidence->checkpoints[question->seen - 1],
                           &load->body));
    const struct hash note = hash_of(buffer_slice(&load->body));
    if (question->written) {
        ENSURE(hash_equal(&question->note, &note), INTERNAL);
        return RESULT_OK;
    }
    question->note = note;
    question->written = true;
    return evidence_asked(load->evidence, machine);
}

static RESULT write_message(struct load *load, struct machine *machine)
{
    buffer_clear(&load->message);
    if (machine->asking == ASKS_INTRODUCTION) {
        buffer_append_text(&load->message, "GET " API_INTRODUCE WORLD_VENDOR "/" WORLD_PRODUCT "/" WORLD_EDITION
                                           " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return buffer_status(&load->message);
    }
    TRY(sign(load, machine));
    buffer_printf(&load->message, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
                  machine->question.release ? API_RELEASE : API_ACTIVATE, load->body.size);
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
    struct slice leaf; /* behind number-used */
    return is_ok(denial_read(document_head(body, &leaf), &denial)) ? denial.code : OK;
}

static const char *asking_name(const struct machine *machine)
{
    static const char *const names[] = {[ASKS_NOTHING] = "asks nothing",
                                        [ASKS_INTRODUCTION] = "asks for an introduction",
                                        [ASKS_LEASE] = "asks for a lease",
                                        [ASKS_RELEASE] = "releases",
                                        [ASKS_AGAIN] = "asks once more what was answered",
                                        [ASKS_AS_COPY] = "is copied and asks with a number that was used"};
    return names[machine->asking];
}

/* What can be denied although the host has lost nothing. */
static bool may_deny(const struct machine *machine, enum error_code code)
{
    switch (code) {
    case ERR_NO_SEATS:
    case ERR_ASKED_TOO_OFTEN:
        return machine->asking == ASKS_LEASE && !machine->holds;
    case ERR_RELEASE_NOTHING: /* done before, by one that was given up */
        return machine->asking == ASKS_RELEASE && machine->unsure;
    case ERR_NUMBER_USED: /* also where it was denied a seat, and that was lost on its way */
        return machine->asking == ASKS_AS_COPY ||
               (machine->asking == ASKS_LEASE && machine->sent_before && !machine->holds);
    default:
        return false;
    }
}

/* Takes an answer other than 200; *ret_later where the question is to be sent again. */
static RESULT take_denial(struct load *load, struct machine *machine, const struct response *response, bool *ret_later)
{
    const enum error_code code = denial_code(response->body);
    *ret_later = code == ERR_HOST_SIGNER || code == ERR_HOST_BUSY;
    if (*ret_later) {
        load->counts.later++;
        return RESULT_OK;
    }
    if (!may_deny(machine, code)) {
        fault_add(load->faults, code == ERR_NO_SEATS || code == ERR_RELEASE_NOTHING ? FAULT_LOST : FAULT_SERVICE,
                  "machine %zu, which %s, %s%s and is answered %u %s", machine_number(load->machines, machine),
                  machine->holds ? "holds a seat" : "holds none", asking_name(machine),
                  machine->sent_before ? " again" : "", response->status, error_info(code)->name);
    } else if (code == ERR_NUMBER_USED && machine->asking == ASKS_AS_COPY) {
        load->counts.used++;
        return evidence_keep(load->evidence, (uint32_t)machine_number(load->machines, machine), machine,
                             response->body);
    }
    load->counts.denied++;
    if (code == ERR_RELEASE_NOTHING)
        machine->holds = false;
    return RESULT_OK;
}

/* Takes a lease or a release. */
static RESULT take_leaf(struct load *load, struct machine *machine, struct slice body)
{
    if (machine->asking == ASKS_AS_COPY) {
        fault_add(load->faults, FAULT_DUPLICATED,
                  "a copy of machine %zu has asked with number %" PRIu64 " again, and is answered",
                  machine_number(load->machines, machine), machine->question.number);
        return RESULT_OK;
    }
    TRY(evidence_keep(load->evidence, (uint32_t)machine_number(load->machines, machine), machine, body));
    if (machine->asking == ASKS_AGAIN)
        load->counts.repeated++;
    else if (machine->question.release)
        load->counts.released++;
    else
        load->counts.granted++;
    machine->holds = !machine->question.release;
    machine->last = machine->question;
    machine->answered = true;
    machine->unsure = false;
    return RESULT_OK;
}

/* Whoever knows the host now asks for a lease next. */
static void take_introduction(struct load *load, struct machine *machine, struct slice body)
{
    const struct result result = evidence_introduce(load->evidence, body, world_license_note(load->world), machine);
    if (!is_ok(result)) {
        fault_add(load->faults, FAULT_CHECKPOINT, "an introduction does not hold: %s",
                  error_info(result_code(result))->name);
        machine->asking = ASKS_NOTHING;
        return;
    }
    load->counts.introduced++;
    machine_ask(machine, ASKS_LEASE, clock_now());
    put_back(load, machine, false);
}

static RESULT take_answer(struct load *load, struct connection *connection, const struct response *response)
{
    struct machine *const machine = connection->machine;
    bool later = false;
    connection->machine = NULL;
    if (response->status == 200 && machine->asking == ASKS_INTRODUCTION) {
        take_introduction(load, machine, response->body);
        return RESULT_OK;
    }
    if (response->status == 200)
        TRY(take_leaf(load, machine, response->body));
    else
        TRY(take_denial(load, machine, response, &later));
    if (later)
        put_back(load, machine, true);
    else
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
