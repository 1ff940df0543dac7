/*
 * Requests that the engine answers: activations and releases.
 *
 * Always: only what a machine's key has signed for this host's key, and what shows the site key where that is required,
 * becomes a job; a job lies in the room of its request; between engine_submit and job->done it is the engine's, and
 * job->done does nothing but resume the request.
 */
#ifndef HOST_ACTIVATION_EXCHANGES_H
#define HOST_ACTIVATION_EXCHANGES_H

#include "http/handler.h"

/* Handlers; `context` is the struct listener. */
void exchange_activate(void *context, struct http_request *request);
void exchange_release(void *context, struct http_request *request);

#endif
