/*
 * System calls about files, and requests for memory, of which the nth fails.
 *
 * For an executable linked with the options that tests/support/meson.build gives: they put these functions between the
 * code under test and the system. One plan for the process; not thread-safe.
 */
#ifndef SUPPORT_FAILING_CALLS_H
#define SUPPORT_FAILING_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The nth call (from 1) from now on fails with that errno, all others work. nth 0: none does any more, and
 * whether one did is still known. A write that fails has written
 * half; a close that fails has closed. */
void failing_plan(uint64_t nth, int reason);
/* Whether it came. */
bool failing_happened(void);

/* The nth request for memory (from 1) from now on gets none; 0: all get it, and whether one did not is
 * still known. */
void failing_memory_plan(uint64_t nth);
bool failing_memory_happened(void);
/* From now on the requests of this thread do not count and all get it; or no longer. */
void failing_memory_spare(bool spare);
/* How many pieces of memory are held that were asked for since the plan, less those of before that were freed. */
int64_t failing_memory_held(void);

#endif
