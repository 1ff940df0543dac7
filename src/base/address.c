/* Addresses of the internet as values; see base/address.h. */
#include "base/address.h"

#include <string.h>

enum { OWNED_SIZE = 8 /* bytes of an IPv6 address that tell its owner */ };

static const uint8_t mapped[ADDRESS_IPV4_AT] = {[10] = 0xff, [11] = 0xff};

struct address address_of_ipv4(const uint8_t bytes[static ADDRESS_IPV4_SIZE])
{
    struct address address;
    memcpy(address.bytes, mapped, sizeof mapped);
    memcpy(address.bytes + ADDRESS_IPV4_AT, bytes, ADDRESS_IPV4_SIZE);
    return address;
}

bool address_is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

bool address_equal(const struct address *one, const struct address *other)
{
    return memcmp(one->bytes, other->bytes, ADDRESS_SIZE) == 0;
}

struct address address_owner(const struct address *address)
{
    struct address owner = *address;
    if (!address_is_ipv4(address))
        memset(owner.bytes + OWNED_SIZE, 0, ADDRESS_SIZE - OWNED_SIZE);
    return owner;
}

bool address_begins(const struct address *address, const struct address *with, unsigned bits)
{
    const unsigned whole = bits / 8;
    const unsigned rest = bits % 8;
    if (memcmp(address->bytes, with->bytes, whole) != 0)
        return false;
    return rest == 0 || ((address->bytes[whole] ^ with->bytes[whole]) >> (8 - rest)) == 0;
}
