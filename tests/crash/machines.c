/* The machines that ask; see machines.h. */
#include "machines.h"

#include "world.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

RESULT machines_make(size_t capacity, struct machines *ret_machines)
{
    struct machine *const list = calloc(capacity, sizeof *list);
    ENSURE(list != NULL, NO_MEMORY);
    *ret_machines = (struct machines){.list = list, .capacity = capacity};
    return RESULT_OK;
}

void machines_free(struct machines *machines)
{
    free(machines->list);
    *machines = (struct machines){0};
}

struct machine *machines_add(struct machines *machines, struct chance *chance)
{
    if (machines->count == machines->capacity)
        return NULL;
    struct machine *const machine = &machines->list[machines->count];
    const uint32_t number = htobe32((uint32_t)machines->count++);
    chance_fill(chance, &machine->id, sizeof machine->id);
    memcpy(machine->id.bytes, &number, sizeof number);
    chance_fill(chance, machine->secret, sizeof machine->secret);
    machine->lock = hash_of(slice_make(machine->secret, sizeof machine->secret));
    return machine;
}

bool machines_find(const struct machines *machines, const struct machine_id *id, size_t *ret_number)
{
    uint32_t number;
    memcpy(&number, id->bytes, sizeof number);
    number = be32toh(number);
    if (number >= machines->count || memcmp(id, &machines->list[number].id, sizeof *id) != 0)
        return false;
    *ret_number = number;
    return true;
}

size_t machine_number(const struct machines *machines, const struct machine *machine)
{
    return (size_t)(machine - machines->list);
}

static RESULT write_request(const struct machine *machine, uint64_t seen, seconds now, struct buffer *out)
{
    struct request request = {.vendor = WORLD_VENDOR,
                              .product = WORLD_PRODUCT,
                              .edition = WORLD_EDITION,
                              .machine = machine->id,
                              .hardware = {.count = 1, .digests = {{.kind = "board"}}},
                              .nonce = machine->nonce,
                              .lock = machine->lock,
                              .time = now,
                              .state = machine->holds ? STATE_LICENSED : STATE_UNLICENSED,
                              .seen = seen};
    memcpy(request.hardware.digests[0].digest, machine->id.bytes, DIGEST_SIZE);
    return request_write(&request, out);
}

RESULT machine_question_write(const struct machine *machine, const char *license, uint64_t seen, seconds now,
                              struct buffer *out)
{
    if (machine->asking == ASKS_LEASE)
        return write_request(machine, seen, now, out);
    struct release release = {.machine = machine->id};
    TRY(slice_copy_text(slice_of(license), release.license, sizeof release.license));
    memcpy(release.secret, machine->secret, sizeof release.secret);
    return release_write(&release, out);
}
