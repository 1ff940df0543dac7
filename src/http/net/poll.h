/* What a loop waits for: an epoll, and what its events are about. */
#ifndef HTTP_NET_POLL_H
#define HTTP_NET_POLL_H

#include "base/result.h"

#include <stdint.h>
#include <sys/epoll.h>

enum source_kind { SOURCE_WAKE, SOURCE_SOCKET, SOURCE_CONNECTION };

/* At the head of whatever is waited for: events carry its address. */
struct source {
    enum source_kind kind;
    int descriptor;
};

/* Adds (EPOLL_CTL_ADD), changes (EPOLL_CTL_MOD) or removes (EPOLL_CTL_DEL) it; false where the system has no room. */
bool poll_watch(int poll, int operation, struct source *source, uint32_t events);

#endif
