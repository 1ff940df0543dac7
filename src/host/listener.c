/*
 * Start, quiet and end of the activation listener; see listener.h, and listener/inner.h for the rooms behind.
 *
 * One HTTP daemon for each listening socket, each with an equal share of the connections. A daemon has one thread on a
 * small machine, and half as many as there are processors on a larger one: the other half is for engine, signer and
 * disk.
 */
#include "host/listener.h"

#include "host/listener/inner.h"
#include "system/clock.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static unsigned thread_count(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const long half = processors / 2;
    return half < 2 ? 1 : half > THREADS_MAX ? THREADS_MAX : (unsigned)half;
}

/* At least one for each thread, or the library refuses. */
static unsigned share(unsigned connections, size_t sockets, unsigned threads)
{
    const unsigned each = connections / (unsigned)sockets;
    return each < threads ? threads : each;
}

static struct MHD_Daemon *start_daemon(struct listener *listener, const struct config *config, int descriptor,
                                       size_t sockets)
{
    const unsigned threads = thread_count();
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    const struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
                                          {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(flags, 0, NULL, NULL, exchange_handle, listener,                           //
                            MHD_OPTION_LISTEN_SOCKET, descriptor,                                      //
                            MHD_OPTION_NOTIFY_CONNECTION, connection_notify, listener,                 //
                            MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, listener,                 //
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MAX,                    //
                            MHD_OPTION_CONNECTION_LIMIT, share(config->connections, sockets, threads), //
                            MHD_OPTION_PER_IP_CONNECTION_LIMIT, config->connections_per_address,       //
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)config->idle_timeout,             //
                            MHD_OPTION_ARRAY, threads > 1 ? pool : none,                               //
                            MHD_OPTION_END);
}

/* Takes over the sockets. */
static RESULT start_daemons(struct listener *listener, const struct config *config, const int *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct MHD_Daemon *const daemon = start_daemon(listener, config, sockets[i], count);
        if (daemon == NULL) {
            for (size_t left = i; left < count; left++)
                close(sockets[left]);
            return FAIL(INTERNAL);
        }
        listener->daemons[listener->daemon_count++] = daemon;
    }
    return RESULT_OK;
}

static RESULT start(struct listener *listener, const struct config *config)
{
    int sockets[LISTEN_ADDRESSES_MAX];
    size_t count;
    TRY(sockets_open(config, listener->log, sockets, &count, &listener->port));
    TRY(start_daemons(listener, config, sockets, count));
    listener->sweeping = pthread_create(&listener->sweeper, NULL, sweeper_thread, listener) == 0;
    ENSURE(listener->sweeping, NO_MEMORY);
    return RESULT_OK;
}

RESULT listener_start(const struct config *config, struct engine *engine, const struct log *log,
                      struct listener **ret_listener)
{
    struct listener *const listener = calloc(1, sizeof *listener);
    ENSURE(listener != NULL, NO_MEMORY);
    listener->engine = engine;
    listener->log = log;
    listener->idle_milliseconds = config->idle_timeout * 1000;
    listener->request_milliseconds = config->request_timeout * 1000;
    pthread_mutex_init(&listener->ledgers_lock, NULL);
    pthread_mutex_init(&listener->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&listener->ending, &monotonic);
    pthread_condattr_destroy(&monotonic);
    struct result result = config->ledger_public ? engine_open_reader(engine, &listener->ledgers) : RESULT_OK;
    if (is_ok(result))
        result = start(listener, config);
    if (!is_ok(result)) {
        listener_stop(listener);
        return result;
    }
    LOG_EVENT(log, LOG_INFO, "listening", NUMBER_FIELD("port", listener->port),
              NUMBER_FIELD("addresses", listener->daemon_count));
    *ret_listener = listener;
    return RESULT_OK;
}

uint16_t listener_port(const struct listener *listener)
{
    return listener->port;
}

void listener_quiesce(struct listener *listener)
{
    if (atomic_exchange(&listener->closed, true))
        return;
    for (size_t i = 0; i < listener->daemon_count; i++) {
        /* The library's thread may look at the socket until its end: shut now, closed then. */
        listener->quiet[i] = MHD_quiesce_daemon(listener->daemons[i]);
        if (listener->quiet[i] >= 0)
            shutdown(listener->quiet[i], SHUT_RDWR);
    }
    while (atomic_load(&listener->inside) > 0)
        sched_yield(); /* for the length of a call into the engine */
}

static void wait_for_answers(struct listener *listener)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    const int64_t end = clock_monotonic_ms() + FINISH_MILLISECONDS;
    while (atomic_load(&listener->under_way) > 0 && clock_monotonic_ms() < end)
        nanosleep(&moment, NULL);
}

void listener_stop(struct listener *listener)
{
    if (listener == NULL)
        return;
    listener_quiesce(listener);
    wait_for_answers(listener);
    for (size_t i = 0; i < listener->daemon_count; i++) {
        MHD_stop_daemon(listener->daemons[i]);
        if (listener->quiet[i] >= 0)
            close(listener->quiet[i]);
    }
    if (listener->sweeping) {
        pthread_mutex_lock(&listener->lock);
        listener->stopping = true;
        pthread_mutex_unlock(&listener->lock);
        pthread_cond_signal(&listener->ending);
        pthread_join(listener->sweeper, NULL);
    }
    pthread_cond_destroy(&listener->ending);
    pthread_mutex_destroy(&listener->lock);
    pthread_mutex_destroy(&listener->ledgers_lock);
    store_close(listener->ledgers);
    free(listener);
}
