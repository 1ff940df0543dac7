/* Timers of one length; see timers.h. */
#include "timers.h"

#include <stddef.h>

void timers_make(struct timers *timers, int64_t length)
{
    timers->ends = (struct timer){.previous = &timers->ends, .next = &timers->ends};
    timers->length = length;
}

void timer_set(struct timers *timers, struct timer *timer, int64_t now)
{
    timer_clear(timer);
    timer->end = now + timers->length;
    timer->next = &timers->ends;
    timer->previous = timers->ends.previous;
    timer->previous->next = timer;
    timers->ends.previous = timer;
}

void timer_clear(struct timer *timer)
{
    if (timer->previous == NULL)
        return;
    timer->previous->next = timer->next;
    timer->next->previous = timer->previous;
    timer->previous = NULL;
    timer->next = NULL;
}

bool timer_is_set(const struct timer *timer)
{
    return timer->previous != NULL;
}

struct timer *timers_first(const struct timers *timers)
{
    return timers->ends.next == &timers->ends ? NULL : timers->ends.next;
}
