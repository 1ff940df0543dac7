/*
 * What the rules make of clocks.
 *
 * No two clocks show the same, and the machine's can be set by whoever owns it. So a time that was written down (a
 * mark: when the product first ran, when a lease was issued or a license begins) is compared with the clock within one
 * tolerance, which is the same on the host, the machine and the vendor's desk. A mark further ahead than that was made
 * under another clock, or the clock was set back since; nothing is counted from such a mark.
 *
 * Pure, total, thread-safe; times are within 0..TIME_MAX.
 */
#ifndef CORE_RULES_CLOCK_H
#define CORE_RULES_CLOCK_H

#include "base/time.h"

#define CLOCK_TOLERANCE ((seconds)4 * HOUR)
/* As old as a request may be that an operator answers as a file. */
#define OFFLINE_MAX ((seconds)30 * DAY)

/* What a clock shows, which may be anything, as a time that documents can say: the first or the last of them where it
 * is beyond. */
seconds clock_bounded(seconds shown);
/* 2026-11-01T00:00:00Z, when there was no such program yet: a clock that shows less was never set, as that of a machine
 * without a battery which nobody has told the time. Raised with each release. */
#define CLOCK_EARLIEST ((seconds)1793491200)
bool clock_was_set(seconds now);

/* Whether two clocks, or a clock and a mark just made, may be of one moment. */
bool clock_agrees(seconds a, seconds b);
/* Whether the clock is behind the mark by more than the tolerance. */
bool clock_is_behind(seconds now, seconds mark);
/* The clock, or the last second before `end` where that has passed: as of when something is judged that must have been
 * good while it lasted. */
seconds clock_while(seconds now, seconds end);

/* Whether a clock that disagrees with `apart` of `heard` others is probably the one that is wrong: with most of at
 * least CLOCKS_MIN. */
enum { CLOCKS_MIN = 5 };
bool clock_is_outvoted(uint64_t heard, uint64_t apart);

#endif
