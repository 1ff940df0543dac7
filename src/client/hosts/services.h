/*
 * What DNS says of a service: SRV records, and the order in which RFC 2782 has their hosts asked. Pure, thread-safe.
 */
#ifndef CLIENT_HOSTS_SERVICES_H
#define CLIENT_HOSTS_SERVICES_H

#include "hosts/address.h"

/* The service that is looked for in each domain. */
#define SERVICE_LABELS "_aval._tcp"

enum {
    SERVICES_MAX = 32, /* records that are looked at; what a domain has beyond them is passed over */
    DOMAIN_SIZE = HOST_NAME_MAX_BYTES + 1,
};

struct service {
    uint16_t priority; /* lower ones are asked first */
    uint16_t weight;   /* the more, the more often before others of its priority */
    uint16_t port;
    char target[DOMAIN_SIZE];   /* a name; "" or ".": there is none, on purpose */
    char address[ADDRESS_SIZE]; /* the same as host_address_read() writes it */
};

struct service_list {
    size_t count;
    char domain[DOMAIN_SIZE]; /* whose records these are */
    struct service services[SERVICES_MAX];
};

/* Takes out what is no host, writes the addresses of the others and puts them in order: by priority, and within one by
 * weights and chance, but first the one with the address `last_good` ("": none). `chances`: a random number for each.
 * False where the domain has said that it has no such service: none was a host, and a target was ".". */
bool services_order(struct service_list *list, const uint64_t chances[static SERVICES_MAX], const char *last_good);

#endif
