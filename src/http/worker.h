/*
 * What the connections of one loop work with: time, timers, memory, and where answers of other threads arrive.
 *
 * Always: it belongs to the thread of its loop, but for `returned`.
 */
#ifndef HTTP_WORKER_H
#define HTTP_WORKER_H

#include "limits/pool.h"
#include "limits/timers.h"
#include "net/mailbox.h"
#include "shared.h"

enum { DATE_SIZE = 40 };

struct worker {
    struct shared *shared;
    int poll;
    int64_t now;         /* clock_monotonic_ms() of this round */
    struct timers idle;  /* connections of which nothing moves */
    struct timers pause; /* the same while an answer in pieces is read */
    struct timers whole; /* the request is to be there, or the answer to be accepted */
    struct mailbox returned;
    struct pool rooms;    /* of handlers */
    seconds date_second;  /* for which the line below holds */
    char date[DATE_SIZE]; /* header line */
    size_t input_size;
    uint8_t *input; /* what is received lies here until it has been read */
};

/* Does not move any more. NO_MEMORY, INTERNAL; then, too, worker_close may be called. */
RESULT worker_open(struct worker *worker, struct shared *shared);
/* Frees what it holds. */
void worker_close(struct worker *worker);
/* Whether the peer is served at all, as options.admit has it. Once the gate is closed what that works with may be gone,
 * and whoever asks is refused for another reason. */
bool worker_admits(const struct worker *worker, const struct http_peer *peer);
/* "Date: ...\r\n", or "" in times that HTTP cannot write. Borrowed until the next call. */
const char *worker_date(struct worker *worker);

#endif
