/* Strangers who hold connections; see holder.h. One epoll; a connection is known by its descriptor alone. */
#include "holder.h"

#include "worker.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { HOLDER_EVENTS_MAX = 256, HOLDER_TICK_MS = 10, OPENED_PER_TICK = OPENED_PER_SECOND * HOLDER_TICK_MS / 1000 };
#define HOLDER_TICK_NS (INT64_C(1000000) * HOLDER_TICK_MS)

struct holder {
    const struct holding *holding;
    struct held held;
    int epoll;
    unsigned now; /* connections at this time */
    unsigned source;
};

static int new_socket(struct holder *holder)
{
    const struct holding *const holding = holder->holding;
    const int on = 1;
    struct sockaddr_storage source;
    socklen_t size;
    const int file = socket(holding->target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file >= 0 &&
        target_source(&holding->target, holding->sources_from + holder->source++ % holding->sources, &source, &size)) {
        (void)setsockopt(file, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        (void)bind(file, (struct sockaddr *)&source, size); /* or else from an address that the system takes */
    }
    return file;
}

static bool open_one(struct holder *holder)
{
    const int file = new_socket(holder);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = file};
    if (file < 0)
        return false;
    (void)connect(file, (const struct sockaddr *)&holder->holding->target.address, holder->holding->target.size);
    if (epoll_ctl(holder->epoll, EPOLL_CTL_ADD, file, &event) != 0) {
        close(file);
        return false;
    }
    holder->held.opened++;
    if (++holder->now > holder->held.most)
        holder->held.most = holder->now;
    return true;
}

static void open_some(struct holder *holder)
{
    for (int i = 0; i < OPENED_PER_TICK && holder->now < holder->holding->connections; i++)
        if (!open_one(holder))
            return;
}

/* Whatever there is to read is the end, or words before it. */
static void end_some(struct holder *holder)
{
    struct epoll_event events[HOLDER_EVENTS_MAX];
    const int count = epoll_wait(holder->epoll, events, HOLDER_EVENTS_MAX, HOLDER_TICK_MS);
    for (int i = 0; i < count; i++) {
        close(events[i].data.fd);
        holder->held.ended++;
        holder->now--;
    }
}

/* What is still open is closed with the process. */
RESULT hold_connections(const struct holding *holding, struct held *ret_held)
{
    struct holder holder = {.holding = holding, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    ENSURE(holder.epoll >= 0, INTERNAL);
    const int64_t until = monotonic_ns() + holding->duration;
    int64_t next = 0;
    for (int64_t now = monotonic_ns(); now < until; now = monotonic_ns()) {
        if (now >= next) {
            open_some(&holder);
            next = now + HOLDER_TICK_NS;
        }
        end_some(&holder);
    }
    close(holder.epoll);
    *ret_held = holder.held;
    return RESULT_OK;
}
