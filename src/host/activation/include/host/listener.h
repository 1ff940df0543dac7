/*
 * The activation listener: HTTP for machines (proto/api.h).
 *
 * An address that is not of the networks which may ask is refused before anything it sends is read
 * (NETWORK_NOT_LISTED). Of the others it parses and checks on its own threads, hands jobs to the engine, and answers
 * when the engine gives them back. Limits: body REQUEST_MAX, headers 8 KiB, connections in all and for each address,
 * idle time, and time for a whole request, so that a client that sends a byte a second is cut off.
 */
#ifndef HOST_LISTENER_H
#define HOST_LISTENER_H

#include "host/config.h"
#include "host/engine.h"

struct listener;

/* PORT_IN_USE, ADDRESS_ABSENT or PORT_FORBIDDEN with the address in log and reason; errors of the store where the
 * ledgers are public; INTERNAL, NO_MEMORY. */
RESULT listener_start(const struct config *config, struct engine *engine, const struct log *log,
                      struct listener **ret_listener, struct reason *reason);
/* The port listened on. */
uint16_t listener_port(const struct listener *listener);
/* Replaces the networks whose machines may ask, also on connections that are there. Thread-safe. */
void listener_set_networks(struct listener *listener, const struct networks *networks);
/* Takes no new connections; what is under way is answered. */
void listener_quiesce(struct listener *listener);
/* Call after engine_stop, so that no job is under way any more. Takes NULL. */
void listener_stop(struct listener *listener);

#endif
