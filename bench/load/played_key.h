/*
 * Keys of made-up machines. As the core's, but not in locked memory: there are hundreds of thousands of them at a time,
 * and nobody loses by their becoming known. Pure, thread-safe.
 */
#ifndef BENCH_LOAD_PLAYED_KEY_H
#define BENCH_LOAD_PLAYED_KEY_H

#include "core/documents/documents.h"

enum { PLAYED_SECRET_SIZE = 64 };

struct played_key {
    struct verifier_key verifier; /* named by the machine id */
    uint8_t secret[PLAYED_SECRET_SIZE];
};

/* The same key as machine_key_make() grows from the seed. INTERNAL. */
RESULT played_key_make(const uint8_t seed[static SEED_SIZE], struct played_key *ret_key);
/* Appends the same bytes as machine_note_sign(); looks at nothing in the text. */
RESULT played_note_sign(struct slice text, const struct played_key *key, struct buffer *out);

#endif
