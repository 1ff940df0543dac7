/* The machines that ask; see machines.h. */
#include "machines.h"

#include <stdlib.h>
#include <string.h>

RESULT machines_make(size_t capacity, struct machines *ret_machines)
{
    struct machines machines = {.capacity = capacity, .slot_count = 1};
    while (machines.slot_count < 2 * capacity)
        machines.slot_count *= 2;
    machines.list = calloc(capacity, sizeof *machines.list);
    machines.slots = calloc(machines.slot_count, sizeof *machines.slots);
    *ret_machines = machines;
    ENSURE(machines.list != NULL && machines.slots != NULL, NO_MEMORY);
    return RESULT_OK;
}

void machines_free(struct machines *machines)
{
    free(machines->list);
    free(machines->slots);
    *machines = (struct machines){0};
}

/* The slot of that id, or the free one where it would stand. An id is a hash already. */
static uint32_t *slot_of(const struct machines *machines, const struct machine_id *id)
{
    uint64_t at;
    memcpy(&at, id->bytes, sizeof at);
    for (;; at++) {
        uint32_t *const slot = &machines->slots[at & (machines->slot_count - 1)];
        if (*slot == 0 || memcmp(&machines->list[*slot - 1].id, id, sizeof *id) == 0)
            return slot;
    }
}

struct machine *machines_add(struct machines *machines, struct chance *chance)
{
    if (machines->count == machines->capacity)
        return NULL;
    struct machine *const machine = &machines->list[machines->count];
    uint8_t seed[SEED_SIZE];
    chance_fill(chance, seed, sizeof seed);
    if (!is_ok(played_key_make(seed, &machine->key)))
        return NULL;
    machine->id = machine_id_of(machine->key.verifier.public_key);
    *slot_of(machines, &machine->id) = (uint32_t)++machines->count;
    return machine;
}

bool machines_find(const struct machines *machines, const struct machine_id *id, size_t *ret_number)
{
    const uint32_t found = *slot_of(machines, id);
    if (found == 0)
        return false;
    *ret_number = found - 1;
    return true;
}

size_t machine_number(const struct machines *machines, const struct machine *machine)
{
    return (size_t)(machine - machines->list);
}

/* ---- questions ---- */

void machine_ask(struct machine *machine, enum asking asking, seconds now)
{
    machine->asking = asking;
    machine->sent_before = false;
    machine->answered = false;
    machine->question = (struct errand){.release = asking == ASKS_RELEASE,
                                        .holds = machine->holds,
                                        .number = ++machine->number,
                                        .time = now,
                                        .seen = machine->seen};
}

void machine_ask_again(struct machine *machine)
{
    machine->asking = ASKS_AGAIN;
    machine->sent_before = false;
    machine->question = machine->last;
}

void machine_ask_as_copy(struct machine *machine, uint64_t number, seconds now)
{
    machine->asking = ASKS_AS_COPY;
    machine->sent_before = false;
    machine->question =
        (struct errand){.copy = true, .holds = machine->holds, .number = number, .time = now, .seen = machine->seen};
}

static RESULT write_request(const struct machine *machine, const struct license *license, const struct seen *seen,
                            struct buffer *out)
{
    const struct errand *const question = &machine->question;
    struct request request = {.machine_key = machine->key.verifier,
                              .machine = machine->id,
                              .host_key = license->host_keys[0],
                              .number = question->number,
                              .time = question->time,
                              .state = question->holds ? STATE_LICENSED : STATE_UNLICENSED,
                              .hardware = {.count = 2, .digests = {{.kind = "board"}, {.kind = "disk"}}},
                              .seen = *seen,
                              .extensions = {.lines = ""}};
    memcpy(request.vendor, license->vendor, sizeof request.vendor);
    memcpy(request.product, license->product, sizeof request.product);
    memcpy(request.edition, license->edition, sizeof request.edition);
    memcpy(request.hardware.digests[0].digest, machine->id.bytes, DIGEST_SIZE);
    if (question->copy) /* so that it is never the note that had this number first */
        memcpy(request.extensions.lines, "x-copy yes\n", sizeof "x-copy yes\n");
    return request_write(&request, out);
}

static RESULT write_release(const struct machine *machine, const struct license *license, const struct seen *seen,
                            struct buffer *out)
{
    struct release release = {.machine_key = machine->key.verifier,
                              .machine = machine->id,
                              .host_key = license->host_keys[0],
                              .number = machine->question.number,
                              .time = machine->question.time,
                              .seen = *seen};
    memcpy(release.license, license->id, sizeof release.license);
    return release_write(&release, out);
}

RESULT machine_note_write(const struct machine *machine, const struct license *license, const struct seen *seen,
                          struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    TRY(machine->question.release ? write_release(machine, license, seen, &text)
                                  : write_request(machine, license, seen, &text));
    return played_note_sign(buffer_slice(&text), &machine->key, out);
}
