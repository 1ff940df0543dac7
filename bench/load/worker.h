/*
 * One worker: an epoll loop that plays machines against a host.
 *
 *   keepalive    `connections` kept connections, each asks again when its answer is there
 *   connection   the same with a new connection for each request; the worker closes it, as libaval's transport does
 *   storm        `limit` machines, each on one connection of its own, begun at even paces; nobody tries again
 *
 * Always: bounded in requests and in time. Latency counts from the connect where there is one, otherwise from the send;
 * in a storm from the moment at which the machine was due. Requests are sent as they were signed before the run.
 */
#ifndef BENCH_LOAD_WORKER_H
#define BENCH_LOAD_WORKER_H

#include "judge.h"
#include "questions.h"
#include "tally.h"
#include "target.h"

enum load_mode { LOAD_KEEPALIVE, LOAD_CONNECTION, LOAD_STORM };

struct plan {
    enum load_mode mode;
    struct target target;
    unsigned connections;              /* of this worker, at a time */
    unsigned sources;                  /* addresses to connect from; 1 from 0 on: what the system takes */
    unsigned sources_from;             /* the first of them, as target_source() counts */
    uint64_t limit;                    /* requests of all workers; in a storm, machines */
    int64_t warmup;                    /* nanoseconds that do not count */
    int64_t duration;                  /* nanoseconds that do; of a storm, within which all machines begin */
    int64_t patience;                  /* nanoseconds for one answer */
    int64_t begin;                     /* monotonic nanoseconds; the same for all workers */
    const struct questions *questions; /* request n is question n, or once more the first behind the last */
    unsigned verify_every;             /* 0: never */
    const struct judge *judge;
    unsigned worker; /* this worker plays requests worker, worker + workers, ... */
    unsigned workers;
};

int64_t monotonic_ns(void);
/* Runs to the end. NO_MEMORY, INTERNAL (no epoll). */
RESULT worker_run(const struct plan *plan, struct tally *ret_tally);

#endif
