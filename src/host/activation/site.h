/* What the handlers of the activation listener work with. */
#ifndef HOST_ACTIVATION_SITE_H
#define HOST_ACTIVATION_SITE_H

#include "host/engine.h"
#include "host/networks.h"

#include <pthread.h>

struct http_server;

struct listener {
    struct http_server *server;
    struct engine *engine;
    const struct log *log; /* borrowed */
    struct store *ledgers; /* reading handle, for whoever holds the lock below; NULL: ledgers are not shown here */
    pthread_mutex_t ledgers_lock;
    pthread_mutex_t networks_lock;
    struct networks networks; /* whose machines may ask; below that lock */
    bool about;               /* what machines tell of themselves is looked at */
};

#endif
