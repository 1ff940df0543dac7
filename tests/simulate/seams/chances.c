/*
 * Entropy and clock; see chances.h. Defined here, and so the linker takes nothing of system/posix/clock.c.
 *
 * Secret memory is plain memory: the locked pages of libsodium cost more than all the rest of a world, and hide nothing
 * here.
 */
#include "chances.h"

#include "chance.h"
#include "system/clock.h"

#include <stdlib.h>
#include <string.h>

void __wrap_randombytes_buf(void *bytes, size_t size);
void *__wrap_sodium_malloc(size_t size);
void __wrap_sodium_free(void *memory);

static struct chance entropy;
static seconds shown;
static int64_t milliseconds;

void entropy_seed(uint64_t seed)
{
    entropy.state = seed;
    milliseconds = 0;
}

void clock_set(seconds now)
{
    shown = now;
}

void entropy_fill(void *bytes, size_t size)
{
    chance_fill(&entropy, bytes, size);
}

seconds clock_now(void)
{
    return shown;
}

/* Between two looks more time passes than the longest pause between two starts of a signer. */
int64_t clock_monotonic_ms(void)
{
    return milliseconds += 10000;
}

void __wrap_randombytes_buf(void *bytes, size_t size)
{
    chance_fill(&entropy, bytes, size);
}

void *__wrap_sodium_malloc(size_t size)
{
    return calloc(1, size > 0 ? size : 1);
}

void __wrap_sodium_free(void *memory)
{
    free(memory);
}
