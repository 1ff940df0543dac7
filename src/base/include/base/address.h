/* Addresses of the internet as values: to be compared and counted by. Pure; texts of them are the system's. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ADDRESS_SIZE = 16,
    ADDRESS_IPV4_SIZE = 4,
    ADDRESS_IPV4_AT = ADDRESS_SIZE - ADDRESS_IPV4_SIZE, /* where in the bytes an IPv4 address stands */
};

/* IPv6, or IPv4 as it is written in IPv6 (::ffff:192.0.2.1). All zero is the IPv6 address that nobody has. */
struct address {
    uint8_t bytes[ADDRESS_SIZE];
};

struct address address_of_ipv4(const uint8_t bytes[static ADDRESS_IPV4_SIZE]);
bool address_is_ipv4(const struct address *address);
bool address_equal(const struct address *one, const struct address *other);
/* Whose address it is, as far as it can be told: an IPv4 address stands for itself, and of IPv6 the /64 counts, since
 * whoever has one address of it has all. */
struct address address_owner(const struct address *address);
/* Whether the first `bits` (at most 128) of both are the same. */
bool address_begins(const struct address *address, const struct address *with, unsigned bits);

#endif
