/*
 * Made-up machines: number -> id, hardware, lock. bench-fill stores them and bench-load plays them, so that a run can
 * meet known or unknown machines at will.
 *
 * Always: the same seed and number give the same machine; different numbers of one seed give different ids. Pure.
 */
#ifndef BENCH_LOAD_MACHINES_H
#define BENCH_LOAD_MACHINES_H

#include "base/hash.h"
#include "core/documents/documents.h"

enum { BENCH_DIGESTS = 3 }; /* hardware digests of each: board, disk, mac */
#define BENCH_SEED UINT64_C(0x61766c)

struct bench_machine {
    struct machine_id id;
    struct hash lock;
    uint8_t digests[BENCH_DIGESTS][DIGEST_SIZE];
};

extern const char *const bench_digest_kinds[BENCH_DIGESTS];

/* Fills `size` bytes from the stream of that seed; for numbers that must differ, not for secrets. */
void bench_fill_bytes(uint64_t seed, void *bytes, size_t size);
void bench_machine_make(uint64_t seed, uint64_t number, struct bench_machine *ret_machine);
/* The nonce of request `number` in the run of that seed. */
struct nonce bench_nonce(uint64_t seed, uint64_t number);
/* The digests in the form of the documents. */
void bench_machine_hardware(const struct bench_machine *machine, struct hardware *ret_hardware);

#endif
