/*
 * What the rooms of the listener share.
 *
 *   ../listener.c   start, quiesce, stop; the HTTP daemons
 *   sockets.c       listening sockets
 *   connections.c   each open connection, and the sweeper that cuts off the slow ones
 *   exchanges.c     one request and its answer: what is asked, what is refused, what goes to the engine
 *   replies.c       HTTP answers
 *
 * Always: a connection belongs to one thread of the HTTP library, which alone touches its exchange, except that between
 * engine_submit and job->done the job is the engine's. The sweeper touches descriptor and deadline alone, under the
 * lock under which the connection leaves the list, which is before its descriptor is closed.
 */
#ifndef HOST_LISTENER_INNER_H
#define HOST_LISTENER_INNER_H

#include "host/listener.h"
#include "proto/api.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    HEADER_MAX = 8 * 1024, /* request line and headers; the HTTP library answers 431 beyond */
    /* A body that is too large is read and thrown away up to here, so that the client gets to see the answer. */
    DRAIN_MAX = 64 * 1024,
    BACKLOG = 65535, /* the system has its own limit below, net.core.somaxconn */
    THREADS_MAX = 8,
    FINISH_MILLISECONDS = 2000, /* what listener_stop gives the answers under way */
    RETRY_REFUSED = HOUR,
    RETRY_BUSY_SECONDS = 30,
};

enum page { PAGE_NONE, PAGE_ACTIVATE, PAGE_RELEASE, PAGE_LICENSE, PAGE_REVOCATIONS, PAGE_LEDGER, PAGE_HEALTH };

/* One request on a connection, and the next, and the next: the memory is the connection's. */
struct exchange {
    struct MHD_Connection *http;
    enum page page;
    const char *name;        /* what follows the page's address: license id, vendor, tile; the HTTP library's */
    enum error_code refusal; /* OK, or the denial that will be the answer */
    struct result fault;     /* what the reader of the body said, where it was refused for that */
    bool read;               /* job holds what was asked */
    bool waiting;            /* for the engine */
    bool counted;            /* in listener->under_way */
    uint64_t announced;      /* Content-Length; UINT64_MAX: none */
    uint64_t received;
    struct buffer body; /* where it came in more than one piece */
    struct job job;
};

struct connection {
    struct listener *listener;
    struct connection *previous;
    struct connection *next;
    int descriptor;
    _Atomic int64_t deadline; /* clock_monotonic_ms() at which it is cut off; INT64_MAX: not while the engine works */
    char address[ADDRESS_TEXT_SIZE];
    struct exchange exchange;
};

struct listener {
    struct engine *engine;
    const struct log *log;
    int64_t idle_milliseconds;
    int64_t request_milliseconds;
    size_t daemon_count;
    struct MHD_Daemon *daemons[LISTEN_ADDRESSES_MAX];
    int quiet[LISTEN_ADDRESSES_MAX]; /* their listening sockets once they are quiet, to be closed after them; -1: none
                                      */
    uint16_t port;

    /* The gate to the engine: once it is closed and nobody is inside, the engine may go away. */
    atomic_bool closed;
    atomic_uint inside;
    atomic_uint under_way; /* given to the engine, and the answer not yet sent */

    struct store *ledgers; /* reading handle, for whoever holds the lock below; NULL: ledgers are not shown here */
    pthread_mutex_t ledgers_lock;

    pthread_t sweeper;
    bool sweeping; /* the sweeper was started */
    pthread_mutex_t lock;
    pthread_cond_t ending;
    bool stopping;
    struct connection *connections;
};

/* ---- sockets.c ---- */

/* Opens what the configuration says; each descriptor is the caller's to close. PORT_IN_USE with the address in the log.
 */
RESULT sockets_open(const struct config *config, const struct log *log, int ret_sockets[static LISTEN_ADDRESSES_MAX],
                    size_t *ret_count, uint16_t *ret_port);

/* ---- connections.c ---- */

/* For MHD_OPTION_NOTIFY_CONNECTION; `context` is the listener. */
void connection_notify(void *context, struct MHD_Connection *http, void **socket_context,
                       enum MHD_ConnectionNotificationCode code);
/* Sets the deadline to so many milliseconds from now. */
void connection_allow(struct connection *connection, int64_t milliseconds);
/* The thread; `context` is the listener. */
void *sweeper_thread(void *context);

/* ---- exchanges.c ---- */

/* For MHD_AccessHandlerCallback and MHD_OPTION_NOTIFY_COMPLETED; `context` is the listener. */
enum MHD_Result exchange_handle(void *context, struct MHD_Connection *http, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **request_context);
void exchange_completed(void *context, struct MHD_Connection *http, void **request_context,
                        enum MHD_RequestTerminationCode code);
/* Whether the engine may be used; every true is followed by gate_leave. */
bool gate_enter(struct listener *listener);
void gate_leave(struct listener *listener);

/* ---- replies.c ---- */

/* How long others may keep an answer. */
#define KEEP_NOT         "no-store"
#define KEEP_LICENSE     "public, max-age=3600"
#define KEEP_REVOCATIONS "public, max-age=300"

/* Text whose memory goes to the reply; NULL ends the connection. */
enum MHD_Result reply_take(struct MHD_Connection *http, int status, char *text, size_t size);
/* Text that is copied. */
enum MHD_Result reply_copy(struct MHD_Connection *http, int status, struct slice text, const char *keep);
/* The denial that the exchange was refused with. */
enum MHD_Result reply_refusal(const struct exchange *exchange);
/* GET pages. */
enum MHD_Result reply_page(struct listener *listener, const struct exchange *exchange);

#endif
