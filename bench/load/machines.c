/* Made-up machines; see machines.h. The generator is splitmix64 (Steele, Lea, Flood 2014). */
#include "machines.h"

#include <string.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

const char *const bench_digest_kinds[BENCH_DIGESTS] = {"board", "disk", "mac"};

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

void bench_machine_make(uint64_t seed, uint64_t number, struct bench_machine *ret_machine)
{
    bench_fill_bytes(mix(seed) ^ mix(number + 1), ret_machine, sizeof *ret_machine);
    /* mix() is a bijection, so that ids differ for certain and not only in all likelihood. */
    const uint64_t distinct = mix(number ^ seed);
    memcpy(ret_machine->id.bytes, &distinct, sizeof distinct);
}

struct nonce bench_nonce(uint64_t seed, uint64_t number)
{
    struct nonce nonce = {0};
    bench_fill_bytes(mix(seed + 1) ^ mix(number + 1), nonce.bytes, sizeof nonce.bytes);
    return nonce;
}

void bench_machine_hardware(const struct bench_machine *machine, struct hardware *ret_hardware)
{
    memset(ret_hardware, 0, sizeof *ret_hardware);
    ret_hardware->count = BENCH_DIGESTS;
    for (size_t i = 0; i < BENCH_DIGESTS; i++) {
        memcpy(ret_hardware->digests[i].kind, bench_digest_kinds[i], strlen(bench_digest_kinds[i]) + 1);
        memcpy(ret_hardware->digests[i].digest, machine->digests[i], DIGEST_SIZE);
    }
}
