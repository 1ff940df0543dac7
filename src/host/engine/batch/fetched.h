/*
 * The machines of a batch: fetched from the store in one request before anything is decided, and kept while it is.
 *
 * Always: what fetched_of() shows is what the store would say within the open transaction: whoever puts a row puts it
 * by fetched_put(), so that a second request of the same machine in the batch finds what the first one left.
 *
 * For the engine's thread.
 */
#ifndef HOST_ENGINE_BATCH_FETCHED_H
#define HOST_ENGINE_BATCH_FETCHED_H

#include "store/machines.h"

/* All zero: empty. */
struct fetched {
    size_t count;
    size_t capacity;
    struct machine_key *keys;
    struct machine_found *found;
    uint32_t *slots; /* index in keys, plus 1; twice as many as `capacity` */
};

/* Forgets the batch and keeps the memory. */
void fetched_clear(struct fetched *fetched);
/* Takes one that is all zero. */
void fetched_free(struct fetched *fetched);

/* Has that machine under that license fetched; once is enough, and more do no harm. NO_MEMORY. */
RESULT fetched_want(struct fetched *fetched, uint32_t license, const struct machine_id *machine);
/* Fetches all that are wanted. Errors of the store. */
RESULT fetched_load(struct fetched *fetched, struct store *store, struct reason *reason);
/* One that was wanted and fetched; borrowed until fetched_clear. */
const struct machine_found *fetched_of(const struct fetched *fetched, uint32_t license,
                                       const struct machine_id *machine);
/* Puts the row of one that was wanted into the open transaction. Errors of the store. */
RESULT fetched_put(struct fetched *fetched, struct store *store, uint32_t license, const struct machine_id *machine,
                   const struct machine_row *row, struct reason *reason);

#endif
