/* The network; see network.h. A host whose disk stops under a request crashes with it: its answer never came. */
#include "network.h"

#include "disk.h"
#include "server.h"
#include "world.h"

#include <aval/aval.h>
#include <stdio.h>
#include <string.h>

enum fate { FATE_ARRIVES, FATE_REQUEST_LOST, FATE_ANSWER_LOST, FATE_DOUBLED, FATE_LATE, FATES };

static enum fate draw_fate(struct world *world)
{
    if (world->healing || world_draw(world, 1000) >= world->storm)
        return FATE_ARRIVES;
    return (enum fate)(1 + world_draw(world, FATES - 1));
}

/* What a machine sends. */
struct sending {
    const char *path;
    const char *address;
    const char *authorization;
    const struct slice *body; /* NULL: none */
};

/* Returns the status, 0 where no answer came. */
static int deliver(struct world *world, const struct sending *sending, struct buffer *out)
{
    if (!world->host.up)
        return 0;
    world->asked++;
    const int status = server_ask(sending->path, sending->address, sending->authorization, sending->body, out);
    if (!disk_stopped())
        return status;
    const unsigned loss = (unsigned)world_draw(world, 3);
    world_say(world, "host crashes at %s, loss %u", sending->path, loss);
    host_crash(&world->host, loss, world_draw(world, UINT32_MAX));
    return 0;
}

/* Also a copy of one that arrives may come again, much later. */
static void keep_late(struct world *world, const struct sending *sending)
{
    struct late_message *const message = &world->network.late[world_draw(world, LATE_MAX)];
    const struct slice body = *sending->body;
    if (message->waits || body.size > sizeof message->body)
        return;
    *message = (struct late_message){.waits = true, .size = body.size};
    message->at = world->now + (seconds)world_draw(world, (uint64_t)(world_happens(world, 2) ? HOUR : world->lease));
    message->address = sending->address;
    snprintf(message->path, sizeof message->path, "%s", sending->path);
    snprintf(message->authorization, sizeof message->authorization, "%s", sending->authorization);
    memcpy(message->body, body.data, body.size);
}

void network_deliver_late(struct world *world)
{
    for (size_t i = 0; i < LATE_MAX; i++) {
        struct late_message *const message = &world->network.late[i];
        if (!message->waits || message->at > world->now)
            continue;
        CLEANUP_BUFFER struct buffer answer = buffer_make(ANSWER_MAX);
        const struct slice body = slice_make(message->body, message->size);
        message->waits = false;
        const struct sending again = {message->path, message->address, message->authorization, &body};
        const int status = deliver(world, &again, &answer);
        world_say(world, "late %s: %d", message->path, status);
    }
}

static int no_answer(int code, char *reason, size_t reason_size)
{
    snprintf(reason, reason_size, "%s", code == AVAL_HOST_TIMEOUT ? "no answer came" : "no way there");
    return code;
}

int network_ask(void *context, const char *host, const char *path, const char *body, size_t body_size,
                const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                int *ret_http_status, char *reason, size_t reason_size)
{
    const struct machine *const machine = context;
    struct world *const world = machine->world;
    const struct slice text = slice_make(body, body_size);
    const struct sending sent = {.path = path,
                                 .address = machine->address,
                                 .authorization = authorization == NULL ? "" : authorization,
                                 .body = body == NULL ? NULL : &text};
    const enum fate fate = draw_fate(world);
    CLEANUP_BUFFER struct buffer out = buffer_make(capacity);
    (void)host;
    (void)timeout_ms;
    if (fate != FATE_ARRIVES)
        world_say(world, "  %s: fate %d", path, fate);
    if (!world->host.up || fate == FATE_REQUEST_LOST)
        return no_answer(AVAL_HOST_UNREACHABLE, reason, reason_size);
    if (body != NULL && (fate == FATE_LATE || (world->storm > 0 && !world->healing && world_happens(world, 16))))
        keep_late(world, &sent);
    if (fate == FATE_LATE)
        return no_answer(AVAL_HOST_TIMEOUT, reason, reason_size);
    int status = deliver(world, &sent, &out);
    if (fate == FATE_DOUBLED && status != 0 && world_happens(world, 2)) {
        buffer_clear(&out);
        status = deliver(world, &sent, &out);
    } else if (fate == FATE_DOUBLED && status != 0) {
        CLEANUP_BUFFER struct buffer second = buffer_make(capacity);
        deliver(world, &sent, &second);
    }
    if (status == 0 || fate == FATE_ANSWER_LOST)
        return no_answer(AVAL_HOST_TIMEOUT, reason, reason_size);
    const struct slice given = buffer_slice(&out);
    if (!is_ok(buffer_status(&out)))
        return AVAL_HOST_ANSWER;
    memcpy(answer, given.data, given.size);
    *ret_size = given.size;
    *ret_http_status = status;
    return 0;
}
