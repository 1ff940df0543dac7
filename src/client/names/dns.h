/*
 * Asking name servers, within a time limit that holds whatever they do. By c-ares (dns_cares_posix.c), or not at all
 * (dns_none.c): then the bundled transport leaves names to libcurl, and nobody finds hosts by DNS.
 *
 * `servers` are the name servers to ask, "ADDRESS" or "ADDRESS:PORT" with commas or blanks between; NULL: those of the
 * system. No threads are started, and no signal comes of it. Thread-safe.
 */
#ifndef CLIENT_NAMES_DNS_H
#define CLIENT_NAMES_DNS_H

#include "base/reason.h"
#include "hosts/services.h"

enum {
    DOMAINS_MAX = 8, /* domains that are asked for a service; the rest of a longer search list is not */
    NAME_ADDRESSES_MAX = 16,
    NAME_ADDRESS_SIZE = 46, /* an IPv6 address as text */
};

struct name_addresses {
    size_t count;
    char addresses[NAME_ADDRESSES_MAX][NAME_ADDRESS_SIZE]; /* as text; IPv6 before IPv4 */
};

/* Whether this build asks name servers. */
bool dns_is_here(void);
/* The addresses of a name, also from /etc/hosts and with the system's search list. NAME_SERVERS where nobody answered
 * in time, HOST_UNREACHABLE where the name has none, NO_MEMORY, USAGE (`servers` are none). */
RESULT dns_addresses(const char *servers, const char *name, unsigned timeout_ms, struct name_addresses *ret_addresses,
                     struct reason *reason);
/* The SRV records of the service in the first of the domains that has any, at most SERVICES_MAX, as they came.
 * `domains` with commas or blanks between; NULL: the system's search list. NO_HOST_KNOWN where none has; NAME_SERVERS,
 * NO_MEMORY, USAGE as above. */
RESULT dns_services(const char *servers, const char *domains, unsigned timeout_ms, struct service_list *ret_services,
                    struct reason *reason);

#endif
