/*
 * Made-up machines: number -> key, id, hardware. bench-fill stores them and bench-load plays them, so that a run can
 * meet known or unknown machines at will.
 *
 * Always: the same seed and number give the same machine; different numbers of one seed give different keys. Pure.
 */
#ifndef BENCH_LOAD_MACHINES_H
#define BENCH_LOAD_MACHINES_H

#include "core/documents/documents.h"
#include "played_key.h"

enum { BENCH_DIGESTS = 3 }; /* hardware digests of each: board, disk, mac */
#define BENCH_SEED UINT64_C(0x61766c)

struct bench_machine {
    struct played_key key;
    struct machine_id id;
    struct hardware hardware;
};

/* Fills `size` bytes from the stream of that seed; for numbers that must differ, not for secrets. */
void bench_fill_bytes(uint64_t seed, void *bytes, size_t size);
/* INTERNAL. Takes about as long as a signature, for the key. */
RESULT bench_machine_make(uint64_t seed, uint64_t number, struct bench_machine *ret_machine);
/* Appends the request's note as that machine signs it: `asked` with the machine's key and hardware in their places. */
RESULT bench_machine_ask(const struct bench_machine *machine, const struct request *asked, struct buffer *out);

#endif
