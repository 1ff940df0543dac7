/*
 * Names of activation hosts. Pure, thread-safe.
 *
 * Always: an address has one spelling, HOST:PORT with a lower-case host and IPv6 in brackets, so that lists hold none
 * twice.
 */
#ifndef CLIENT_HOSTS_ADDRESS_H
#define CLIENT_HOSTS_ADDRESS_H

#include "base/bytes.h"

enum {
    HOSTS_MAX = 16,
    ADDRESS_SIZE = 280, /* HOST:PORT, the longest host name being 253 bytes */
};

/* Hosts to ask, in order, each as host_address_read() writes it. */
struct host_list {
    size_t count;
    char addresses[HOSTS_MAX][ADDRESS_SIZE];
};

/* Reads "HOST", "HOST:PORT", "[IPv6]" or "[IPv6]:PORT" and writes HOST:PORT; DOCUMENT_VALUE for anything else. */
RESULT host_address_read(struct slice text, char ret_address[static ADDRESS_SIZE]);
/* Appends one unless it is there; DOCUMENT_VALUE, DOCUMENT_LIMIT. */
RESULT host_list_add(struct host_list *hosts, struct slice text);

#endif
