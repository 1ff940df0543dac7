/*
 * Where load goes: to this machine's own loopback, and nowhere else.
 *
 * Always: an address outside 127.0.0.0/8 and ::1 is refused, and names are never looked up.
 */
#ifndef BENCH_LOAD_TARGET_H
#define BENCH_LOAD_TARGET_H

#include "base/result.h"

#include <sys/socket.h>

enum { TARGET_SOURCES_MAX = 200 };

struct target {
    struct sockaddr_storage address;
    socklen_t size;
};

/* Reads 127.x.x.x:PORT or [::1]:PORT. USAGE. */
RESULT target_read(const char *text, struct target *ret_target);
/* The n-th address to connect from: 127.0.0.2 and so on, for connections waiting in TIME_WAIT occupy a port of their
 * source and target each. False where there is but one (IPv6). */
bool target_source(const struct target *target, unsigned n, struct sockaddr_storage *ret_source, socklen_t *ret_size);

#endif
