/* What lies between machines and host: messages and answers are lost, doubled, and come late. */
#ifndef SIMULATE_NETWORK_H
#define SIMULATE_NETWORK_H

#include "base/time.h"
#include "core/limits.h"
#include "proto/site_authorization.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LATE_MAX = 16, PATH_MAX_API = 256 };

struct late_message {
    bool waits;
    seconds at;
    const char *address;
    char path[PATH_MAX_API];
    char authorization[SITE_AUTHORIZATION_SIZE];
    size_t size;
    uint8_t body[REQUEST_MAX];
};

struct network {
    struct late_message late[LATE_MAX];
};

struct world;

/* An aval_transport; its context is the machine. */
int network_ask(void *context, const char *host, const char *path, const char *body, size_t body_size,
                const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                int *ret_http_status, char *reason, size_t reason_size);
/* Delivers what has been under way for long enough; nobody waits for the answers. */
void network_deliver_late(struct world *world);

#endif
