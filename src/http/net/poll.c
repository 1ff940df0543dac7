/* What a loop waits for; see poll.h. */
#include "poll.h"

bool poll_watch(int poll, int operation, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(poll, operation, source->descriptor, &event) == 0;
}
