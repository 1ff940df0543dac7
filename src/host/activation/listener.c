/*
 * Start, quiet and end of the activation listener; see listener.h, and listener/inner.h for the rooms behind.
 *
 * One loop on a small machine, and half as many as there are processors on a larger one: the other half is for engine,
 * signer and disk. All loops wait for all listening sockets, and each may hold an equal share of the connections.
 */
#include "host/listener.h"

#include "inner.h"
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

static RESULT start(struct listener *listener, const struct config *config)
{
    uint8_t key[ADDRESSES_KEY_SIZE];
    entropy_fill(key, sizeof key);
    TRY(addresses_make(config->connections, config->connections_per_address, key, &listener->addresses));
    TRY(sockets_open(config, listener->log, listener->sockets, &listener->socket_count, &listener->port));
    const unsigned threads = thread_count();
    const size_t share = config->connections < threads ? 1 : config->connections / threads;
    for (unsigned i = 0; i < threads; i++) {
        TRY(loop_start(listener, config, share, &listener->loops[i]));
        listener->loop_count++;
    }
    return RESULT_OK;
}

RESULT listener_start(const struct config *config, struct engine *engine, const struct log *log,
                      struct listener **ret_listener)
{
    struct listener *const listener = calloc(1, sizeof *listener);
    ENSURE(listener != NULL, NO_MEMORY);
    listener->engine = engine;
    listener->log = log;
    pthread_mutex_init(&listener->ledgers_lock, NULL);
    pthread_mutex_init(&listener->addresses_lock, NULL);
    message_limits();
    struct result result = config->ledger_public ? engine_open_reader(engine, &listener->ledgers) : RESULT_OK;
    if (is_ok(result))
        result = start(listener, config);
    if (!is_ok(result)) {
        listener_stop(listener);
        return result;
    }
    LOG_EVENT(log, LOG_INFO, "listening", NUMBER_FIELD("port", listener->port),
              NUMBER_FIELD("addresses", config->address_count > 0 ? config->address_count : 1));
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
    /* The loops may look at them until their end: shut now, closed then. */
    for (size_t i = 0; i < listener->socket_count; i++)
        shutdown(listener->sockets[i], SHUT_RDWR);
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
    for (size_t i = 0; i < listener->loop_count; i++)
        loop_stop(listener->loops[i]);
    for (size_t i = 0; i < listener->socket_count; i++)
        close(listener->sockets[i]);
    addresses_free(&listener->addresses);
    pthread_mutex_destroy(&listener->addresses_lock);
    pthread_mutex_destroy(&listener->ledgers_lock);
    store_close(listener->ledgers);
    free(listener);
}
