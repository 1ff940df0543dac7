/*
 * What the rooms of the listener share.
 *
 *   ../listener.c   start, quiesce, stop
 *   sockets.c       listening sockets
 *   loop.c          a thread with its epoll: readiness, timers, answers that are back, new connections
 *   connections.c   one connection: bytes in, bytes out, its end
 *   exchanges.c     one request and its answer: what is asked, what is refused, what goes to the engine
 *   replies.c       HTTP answers: heads, denials, pages
 *   message.h       one request from bytes (pure)
 *   timers.h        timers of one length (pure)
 *   addresses.h     connections by address (pure)
 *
 * Always: a connection belongs to the thread of one loop, which alone touches it; between engine_submit and job->done
 * its job is the engine's, and job->done does nothing but put the connection on its loop's list. A connection whose
 * client is gone stays until its job is back. No room but the loop frees a connection: the others set PHASE_OVER.
 */
#ifndef HOST_ACTIVATION_INNER_H
#define HOST_ACTIVATION_INNER_H

#include "addresses.h"
#include "host/listener.h"
#include "message.h"
#include "proto/api.h"
#include "store/machines.h"
#include "timers.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    BACKLOG = 65535,      /* the system has its own limit below, net.core.somaxconn */
    BACKLOG_USUAL = 4096, /* of systems that do not say what it is */
    QUEUES_MAX = 16,      /* listening sockets of one address */
    SOCKETS_MAX = LISTEN_ADDRESSES_MAX * QUEUES_MAX,
    THREADS_MAX = 8,
    FINISH_MILLISECONDS = 2000, /* what listener_stop gives the answers under way */
    PAUSE_MILLISECONDS = 100,   /* without new connections, once the system has no room for one */
    EVENTS_MAX = 256,           /* of one round of a loop */
    ACCEPTS_MAX = 64,           /* of one listening socket in one round */
    INPUT_SIZE = HEADER_MAX + REQUEST_MAX,
    DATE_SIZE = 40,
    SPARE_MAX = 1024, /* connections, and jobs, kept for the next ones */
    RETRY_REFUSED = HOUR,
    RETRY_BUSY_SECONDS = 30,
};

/* ---- what the loop waits for ---- */

enum source_kind { SOURCE_WAKE, SOURCE_SOCKET, SOURCE_CONNECTION };
struct source {
    enum source_kind kind;
    int descriptor;
};

enum phase {
    PHASE_READING,
    PHASE_WAITING,   /* for the engine */
    PHASE_SENDING,   /* an answer that did not fit into the socket */
    PHASE_LINGERING, /* answered before the end of the request: what still comes is thrown away, or the system would
                        throw away the answer */
    PHASE_OVER,      /* to be freed */
};

struct connection {
    struct source source; /* first: events carry its address */
    struct loop *loop;
    struct connection *previous;
    struct connection *next;
    struct connection *returned; /* behind this one in loop->returned */
    enum phase phase;
    bool watched;   /* it is in loop->poll */
    bool missed;    /* input may wait of which the loop will not be told again */
    bool closing;   /* after the answer */
    bool lingering; /* and the request has not been read to its end */
    struct job *job;
    uint8_t *kept; /* read behind the request that is being answered; NULL: nothing */
    size_t kept_size;
    uint8_t *unsent; /* of the answer; NULL: nothing */
    size_t unsent_size;
    size_t sent;    /* of that */
    size_t drained; /* while lingering */
    struct timer idle;
    struct timer whole; /* the request is to be there, or the answer to be taken */
    struct address peer;
    char address[ADDRESS_TEXT_SIZE];
    struct message message;
};

struct loop {
    struct listener *listener;
    pthread_t thread;
    bool started;
    int poll;
    struct source wake;
    struct source sockets[SOCKETS_MAX];
    bool accepting;       /* the sockets are in `poll` */
    int64_t accept_after; /* where not: not before then */
    atomic_bool stopping;
    _Atomic(struct connection *) returned; /* answered by the engine, last first */

    /* The thread's alone. */
    int64_t now; /* clock_monotonic_ms() of this round */
    struct timers idle;
    struct timers whole;
    struct connection *connections;
    size_t connection_count;
    size_t connection_max;
    struct connection *spare_connections;
    size_t spare_connection_count;
    struct job *spare_jobs;
    size_t spare_job_count;
    seconds date_second;
    char date[DATE_SIZE]; /* header line for that second */
    uint8_t input[INPUT_SIZE];
};

struct listener {
    struct engine *engine;
    const struct log *log;
    size_t socket_count;
    int sockets[SOCKETS_MAX];
    uint16_t port;
    size_t loop_count;
    struct loop *loops[THREADS_MAX];

    /* The gate to the engine: once it is closed and nobody is inside, the engine may go away. */
    atomic_bool closed;
    atomic_uint inside;
    atomic_uint under_way; /* given to the engine, and the answer not yet given to the system */

    pthread_mutex_t addresses_lock;
    struct addresses addresses;

    struct store *ledgers; /* reading handle, for whoever holds the lock below; NULL: ledgers are not shown here */
    pthread_mutex_t ledgers_lock;
};

/* ---- sockets.c ---- */

/* Opens what the configuration says; each descriptor is the caller's to close. PORT_IN_USE with the address in the log.
 * An address gets as many sockets as it takes to queue all the connections that the configuration allows. */
RESULT sockets_open(const struct config *config, const struct log *log, int ret_sockets[static SOCKETS_MAX],
                    size_t *ret_count, uint16_t *ret_port);

/* ---- loop.c ---- */

RESULT loop_start(struct listener *listener, const struct config *config, size_t connection_max,
                  struct loop **ret_loop);
/* Ends the thread and closes its connections, none of which waits for the engine. Takes NULL. */
void loop_stop(struct loop *loop);
/* From any thread: the job of this connection is back. */
void loop_return(struct connection *connection);
/* Has the loop say, also once more, what the connection is ready for. */
void loop_watch(struct connection *connection, bool output);
/* Memory of jobs, over and over; NULL where there is none. */
struct job *loop_take_job(struct loop *loop);
void loop_give_job(struct loop *loop, struct job *job);
/* "Date: ...\r\n" */
const char *loop_date(struct loop *loop);

/* ---- connections.c ---- */

struct reply;

/* Of memory that is all zero, but for source, loop, peer and address. */
void connection_begin(struct connection *connection);
/* What epoll said. */
void connection_ready(struct connection *connection, uint32_t events);
/* The engine's answer stands. */
void connection_returned(struct connection *connection);
/* Sends it, and takes over the memory of its body; then the connection reads on, sends, lingers or is over. */
void connection_answer(struct connection *connection, const struct reply *reply);
/* Frees what it holds, but not itself. */
void connection_end(struct connection *connection);

/* ---- exchanges.c ---- */

/* The request has ended, well or not: answers it, or gives it to the engine (PHASE_WAITING). */
void exchange_conclude(struct connection *connection, enum message_state state);
/* Sends what the engine answered. */
void exchange_answer(struct connection *connection);
/* Whether the engine may be used; every true is followed by gate_leave. */
bool gate_enter(struct listener *listener);
void gate_leave(struct listener *listener);

/* ---- replies.c ---- */

enum page { PAGE_NONE, PAGE_ACTIVATE, PAGE_RELEASE, PAGE_LICENSE, PAGE_REVOCATIONS, PAGE_LEDGER, PAGE_HEALTH };

/* How long others may keep an answer. */
#define KEEP_NOT         "no-store"
#define KEEP_LICENSE     "public, max-age=3600"
#define KEEP_REVOCATIONS "public, max-age=300"

struct reply {
    int status;
    const char *type;
    const char *keep;
    const char *allow; /* NULL: not said */
    char *body;        /* malloc'ed; NULL: there was no memory, and the connection ends */
    size_t size;
};

enum { REPLY_HEAD_SIZE = 512 };

/* A denial with the status of its code. `fault`: what the reader of the request said. */
struct reply reply_refusal(enum error_code code, struct result fault);
/* GET pages, within the gate; `name` is what follows the page's address: license id, vendor, tile. */
struct reply reply_page(struct listener *listener, enum page page, const char *name);
/* Status line and headers; returns their size. `date` is a header line or "". */
size_t reply_head(const struct reply *reply, const char *date, bool closing, char text[static REPLY_HEAD_SIZE]);

#endif
