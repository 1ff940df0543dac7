/*
 * Names of activation hosts. Pure, thread-safe.
 *
 * Always: an address has one spelling, however it was typed, so that lists hold none twice: HOST:PORT, or
 * https://HOST:PORT, with a lower-case host that has no dot at its end, and IPv6 in brackets.
 */
#ifndef CLIENT_HOSTS_ADDRESS_H
#define CLIENT_HOSTS_ADDRESS_H

#include "base/bytes.h"
#include "base/reason.h"

enum {
    HOSTS_MAX = 16,
    HOST_NAME_MAX_BYTES = 253,
    ADDRESS_SIZE = 280,
    ZONE_SIZE = 16, /* the name of an interface, and its zero */
};

#define HTTPS "https://"

/* Hosts to ask, in order, each as host_address_read() writes it. */
struct host_list {
    size_t count;
    char addresses[HOSTS_MAX][ADDRESS_SIZE];
};

/* What an address is made of. */
struct host_parts {
    bool https;
    bool literal;                       /* an IPv6 address, perhaps with a zone; without its brackets */
    char name[HOST_NAME_MAX_BYTES + 1]; /* a name, an IPv4 address, or that */
    char port[6];
};

/* Reads HOST or HOST:PORT, also behind http:// or https://, where HOST is a name, an IPv4 address, or an IPv6 address,
 * which needs its brackets before a port alone, and of fe80::/10 may have a zone ("fe80::1%eth0"). The port is 8216
 * where none is given, 443 behind https://. DOCUMENT_VALUE for anything else, and the reason says why. */
RESULT host_address_read(struct slice text, char ret_address[static ADDRESS_SIZE], struct reason *reason);
/* Of an address as that has written it. */
void host_address_parts(const char *address, struct host_parts *ret_parts);
/* Appends one unless it is there; DOCUMENT_VALUE, with the reason; DOCUMENT_LIMIT. */
RESULT host_list_add(struct host_list *hosts, struct slice text, struct reason *reason);

#endif
