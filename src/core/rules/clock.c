/* What the rules make of clocks; see clock.h. */
#include "core/rules/clock.h"

seconds clock_bounded(seconds shown)
{
    return shown < 0 ? 0 : shown > TIME_MAX ? TIME_MAX : shown;
}

bool clock_was_set(seconds now)
{
    return now >= CLOCK_EARLIEST;
}

bool clock_agrees(seconds a, seconds b)
{
    return !clock_is_behind(a, b) && !clock_is_behind(b, a);
}

bool clock_is_behind(seconds now, seconds mark)
{
    return mark - now > CLOCK_TOLERANCE;
}

seconds clock_while(seconds now, seconds end)
{
    return now < end ? now : end - 1;
}

bool clock_is_outvoted(uint64_t heard, uint64_t apart)
{
    return heard >= CLOCKS_MIN && apart > heard - apart;
}
