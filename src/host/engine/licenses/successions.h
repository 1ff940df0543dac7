/*
 * What a license has of those whose place it has taken: their machines, count and seats.
 *
 * Rows stay where they were written: a lease is under its license, and its release or reclaim names that. Until a
 * machine asks again its row counts for the license that has taken the place; then it moves on. For the engine's
 * thread, the rows of the machine being fetched.
 */
#ifndef HOST_ENGINE_LICENSES_SUCCESSIONS_H
#define HOST_ENGINE_LICENSES_SUCCESSIONS_H

#include "batch/candidates.h"

/* What question.inherits, held_before and counted_before say. */
struct inherited {
    bool any;
    seconds held;
    bool counted;
};

/* Adds to the candidate's figures those of what it has taken the place of, and says what the machine has there. Errors
 * of the store. */
RESULT succession_inherit(struct engine *engine, const struct entry *entry, const struct candidate *candidate,
                          struct figures *figures, struct inherited *ret_inherited);

/* The machine has asked under the candidate: it counts there, and no more where the candidate has taken the place. */
RESULT succession_move_count(struct engine *engine, const struct entry *entry, struct candidate *candidate);
/* It has got a lease there: it leaves its seat under any other license for the same, of which as many are free at once
 * as may be given back. */
RESULT succession_move_seat(struct engine *engine, const struct entry *entry, const struct candidate *candidate);

#endif
