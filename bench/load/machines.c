/* Made-up machines; see machines.h. The generator is splitmix64 (Steele, Lea, Flood 2014). */
#include "machines.h"

#include <string.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

void bench_fill_bytes(uint64_t seed, void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size > 0) {
        seed += GOLDEN;
        const uint64_t word = mix(seed);
        const size_t part = size < sizeof word ? size : sizeof word;
        memcpy(at, &word, part);
        at += part;
        size -= part;
    }
}

static const struct hardware HARDWARE = {.count = BENCH_DIGESTS,
                                         .digests = {{.kind = "board"}, {.kind = "disk"}, {.kind = "mac"}}};

RESULT bench_machine_make(uint64_t seed, uint64_t number, struct bench_machine *ret_machine)
{
    struct {
        uint8_t key[SEED_SIZE];
        uint8_t digests[BENCH_DIGESTS][DIGEST_SIZE];
    } drawn;
    bench_fill_bytes(mix(seed) ^ mix(number + 1), &drawn, sizeof drawn);
    /* mix() is a bijection, so that seeds of keys differ for certain and not only in all likelihood. */
    const uint64_t distinct = mix(number ^ seed);
    memcpy(drawn.key, &distinct, sizeof distinct);
    struct bench_machine machine = {.hardware = HARDWARE};
    TRY(played_key_make(drawn.key, &machine.key));
    machine.id = machine_id_of(machine.key.verifier.public_key);
    for (size_t i = 0; i < BENCH_DIGESTS; i++)
        memcpy(machine.hardware.digests[i].digest, drawn.digests[i], DIGEST_SIZE);
    *ret_machine = machine;
    return RESULT_OK;
}

RESULT bench_machine_ask(const struct bench_machine *machine, const struct request *asked, struct buffer *out)
{
    struct request request = *asked;
    request.machine_key = machine->key.verifier;
    request.machine = machine->id;
    request.hardware = machine->hardware;
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    TRY(request_write(&request, &text));
    return played_note_sign(buffer_slice(&text), &machine->key, out);
}
