/* What all loops of a server share. */
#ifndef HTTP_SHARED_H
#define HTTP_SHARED_H

#include "http/options.h"
#include "limits/addresses.h"
#include "limits/gate.h"
#include "net/sockets.h"
#include "syntax/message.h"

#include <pthread.h>

struct shared {
    struct http_options options; /* never changed once the first loop has started; likewise the limits and sockets */
    struct message_limits limits;
    size_t socket_count;
    int sockets[SOCKETS_MAX];
    struct gate gate;

    pthread_mutex_t addresses_lock;
    struct addresses addresses;
};

#endif
