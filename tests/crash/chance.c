/* Numbers by chance; see chance.h. The generator is splitmix64 (Steele, Lea, Flood 2014). */
#include "chance.h"

#include <string.h>

uint64_t chance_next(struct chance *chance)
{
    chance->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t value = chance->state;
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

uint64_t chance_below(struct chance *chance, uint64_t limit)
{
    return chance_next(chance) % limit;
}

void chance_fill(struct chance *chance, void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size > 0) {
        const uint64_t word = chance_next(chance);
        const size_t part = size < sizeof word ? size : sizeof word;
        memcpy(at, &word, part);
        at += part;
        size -= part;
    }
}
