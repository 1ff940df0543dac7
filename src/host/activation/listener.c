/*
 * Start, quiet and end of the activation listener; see listener.h. Its handlers are in exchanges.c and pages.c.
 *
 * One loop on a small machine, and half as many as there are processors on a larger one: the other half is for engine,
 * signer and disk.
 */
#include "host/listener.h"

#include "exchanges.h"
#include "http/server.h"
#include "pages.h"
#include "proto/api.h"
#include "refusals.h"
#include "site.h"

#include <stdlib.h>

enum { HEAD_MAX = 8 * 1024 };

static const struct http_route routes[] = {
    {METHOD_POST, API_ACTIVATE, exchange_activate},
    {METHOD_POST, API_RELEASE, exchange_release},
    {METHOD_GET, API_INTRODUCE "**", page_introduction},
    {METHOD_GET, API_LICENSE "**", page_license},
    {METHOD_GET, API_HEALTH, page_health},
    {METHOD_GET, API_REVOCATIONS "**", page_revocations},
    {METHOD_GET, API_LEDGER "**", page_ledger},
    {METHOD_GET, API_READY, page_ready},
};

_Static_assert((int)LISTEN_ADDRESSES_MAX <= (int)HTTP_ADDRESSES_MAX, "the server takes all that can be configured");

/* The first that is looked at: whoever is not to be answered costs no more than this. */
static bool admits(void *context, const struct http_peer *peer)
{
    struct listener *const listener = context;
    pthread_mutex_lock(&listener->networks_lock);
    const bool may_ask = networks_have(&listener->networks, &peer->from);
    pthread_mutex_unlock(&listener->networks_lock);
    if (!may_ask)
        engine_turn_away(listener->engine, &peer->from, peer->address);
    return may_ask;
}

void listener_set_networks(struct listener *listener, const struct networks *networks)
{
    pthread_mutex_lock(&listener->networks_lock);
    listener->networks = *networks;
    pthread_mutex_unlock(&listener->networks_lock);
}

static RESULT serve(struct listener *listener, const struct config *config, const struct log *log,
                    struct reason *reason)
{
    const char *addresses[LISTEN_ADDRESSES_MAX];
    for (size_t i = 0; i < config->address_count; i++)
        addresses[i] = config->addresses[i];
    const struct http_options options = {
        .addresses = addresses,
        .address_count = config->address_count,
        .port = config->port,
        .threads = http_threads_usual(),
        .connections = config->connections,
        .connections_per_address = config->connections_per_address,
        .head_max = HEAD_MAX,
        .body_max = REQUEST_MAX,
        .idle_timeout = config->idle_timeout,
        .request_timeout = config->request_timeout,
        .pause_timeout = config->idle_timeout,
        .routes = routes,
        .route_count = sizeof routes / sizeof *routes,
        .room_size = sizeof(struct job),
        .context = listener,
        .admit = admits,
        .refuse = refusal_of_server,
        .log = log,
        .name = "listener",
    };
    return http_server_start(&options, &listener->server, reason);
}

RESULT listener_start(const struct config *config, struct engine *engine, const struct log *log,
                      struct listener **ret_listener, struct reason *reason)
{
    struct listener *const listener = calloc(1, sizeof *listener);
    ENSURE(listener != NULL, NO_MEMORY);
    listener->engine = engine;
    listener->log = log;
    listener->about = config->machines_about;
    listener->networks = config->networks;
    pthread_mutex_init(&listener->networks_lock, NULL);
    pthread_mutex_init(&listener->ledgers_lock, NULL);
    struct result result = config->ledger_public ? engine_open_reader(engine, &listener->ledgers, reason) : RESULT_OK;
    if (is_ok(result))
        result = serve(listener, config, log, reason);
    if (!is_ok(result)) {
        listener_stop(listener);
        return result;
    }
    LOG_EVENT(log, LOG_INFO, "listening", NUMBER_FIELD("port", listener_port(listener)),
              NUMBER_FIELD("addresses", config->address_count > 0 ? config->address_count : 1));
    *ret_listener = listener;
    return RESULT_OK;
}

uint16_t listener_port(const struct listener *listener)
{
    return http_server_port(listener->server);
}

void listener_quiesce(struct listener *listener)
{
    http_server_quiesce(listener->server);
}

void listener_stop(struct listener *listener)
{
    if (listener == NULL)
        return;
    http_server_stop(listener->server);
    pthread_mutex_destroy(&listener->ledgers_lock);
    pthread_mutex_destroy(&listener->networks_lock);
    store_close(listener->ledgers);
    free(listener);
}
