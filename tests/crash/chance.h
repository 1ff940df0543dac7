/* Numbers by chance that come again with their seed. Not for secrets. */
#ifndef CRASH_CHANCE_H
#define CRASH_CHANCE_H

#include <stddef.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

uint64_t chance_next(struct chance *chance);
/* 0 .. limit - 1; limit >= 1. */
uint64_t chance_below(struct chance *chance, uint64_t limit);
void chance_fill(struct chance *chance, void *bytes, size_t size);

#endif
