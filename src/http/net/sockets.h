/* Listening sockets. */
#ifndef HTTP_NET_SOCKETS_H
#define HTTP_NET_SOCKETS_H

#include "base/reason.h"
#include "http/options.h"

enum {
    QUEUES_MAX = 16, /* listening sockets of one address */
    SOCKETS_MAX = HTTP_ADDRESSES_MAX * QUEUES_MAX,
};

/* Opens what the options say; each descriptor is the caller's to close. PORT_IN_USE, ADDRESS_ABSENT or PORT_FORBIDDEN
 * with the address in the log. An address gets as many sockets as it takes to queue all the connections that the
 * options allow. */
RESULT sockets_open(const struct http_options *options, int ret_sockets[static SOCKETS_MAX], size_t *ret_count,
                    uint16_t *ret_port, struct reason *reason);

/* Opens the Unix socket that the options name, for its owner alone from its first moment. FILE_WRITE. */
RESULT sockets_open_local(const struct http_options *options, int *ret_socket, struct reason *reason);
/* Removes its file. */
void sockets_remove_local(const char *folder, const char *name);

#endif
