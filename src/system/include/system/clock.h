/* Clock and entropy of the operating system: the only places where the programs ask for them. Thread-safe. */
#ifndef SYSTEM_CLOCK_H
#define SYSTEM_CLOCK_H

#include "base/time.h"

/* Wall clock, in seconds since 1970. */
seconds clock_now(void);
/* Milliseconds of a clock that never runs backwards and has no meaning beyond differences. */
int64_t clock_monotonic_ms(void);
/* Random bytes good enough for keys. */
void entropy_fill(void *bytes, size_t size);

#endif
