/*
 * What the worlds of a run came to: how many, which failed, and of what.
 */
#ifndef SIMULATE_TALLY_H
#define SIMULATE_TALLY_H

#include "world.h"

#include <time.h>

enum { KINDS_MAX = 64, SEEDS_KEPT = 8 };

/* What one process tells the one that counts: each world, as it ends. */
struct news {
    uint64_t seed;
    bool failed;
    uint64_t asked;
    uint64_t granted;
    char violation[VIOLATION_SIZE];
};

/* Violations that differ in names and numbers alone. */
struct kind {
    char words[VIOLATION_SIZE];
    uint64_t count;
    uint64_t seeds[SEEDS_KEPT]; /* the first of them */
};

struct tally {
    uint64_t wanted; /* worlds */
    bool line;       /* of progress */
    bool years;      /* they are years */
    uint64_t done;
    uint64_t failed;
    uint64_t asked;
    uint64_t granted;
    struct timespec began;
    size_t kind_count; /* those beyond KINDS_MAX are counted with the last */
    struct kind kinds[KINDS_MAX];
};

void tally_begin(struct tally *tally, uint64_t wanted, bool line);
/* Counts a world, and says at once where it failed. */
void tally_count(struct tally *tally, const struct news *news);

enum tally_end { TALLY_WHOLE, TALLY_STOPPED, TALLY_BROKEN /* a process ended early */ };
/* Says what there was, the failures by kind. True: all of it, and nothing failed. */
bool tally_say(const struct tally *tally, enum tally_end end);

#endif
