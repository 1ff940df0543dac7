/* What the clocks of machines show; see clocks.h. */
#include "clocks.h"

#include "core/rules/clock.h"

#include <string.h>

static seconds offset_of(seconds time, int64_t milliseconds)
{
    return clock_bounded(time) - milliseconds / 1000;
}

void clocks_hear(struct clocks *clocks, const struct machine_id *machine, seconds time, int64_t milliseconds)
{
    uint16_t scattered; /* ids are random */
    memcpy(&scattered, machine->bytes, sizeof scattered);
    clocks->list[scattered % CLOCKS_HEARD] = (struct heard_clock){true, milliseconds, offset_of(time, milliseconds)};
}

void clocks_count(const struct clocks *clocks, seconds now, int64_t milliseconds, uint64_t *ret_heard,
                  uint64_t *ret_apart)
{
    const seconds own = offset_of(now, milliseconds);
    *ret_heard = 0;
    *ret_apart = 0;
    for (size_t i = 0; i < CLOCKS_HEARD; i++) {
        const struct heard_clock *const clock = &clocks->list[i];
        if (!clock->heard || milliseconds - clock->at > (int64_t)DAY * 1000)
            continue;
        const seconds apart = clock->offset > own ? clock->offset - own : own - clock->offset;
        (*ret_heard)++;
        *ret_apart += apart > CLOCK_TOLERANCE;
    }
}
