/* Networks of addresses, as an operator lists those whose machines may ask. Pure. */
#ifndef HOST_NETWORKS_H
#define HOST_NETWORKS_H

#include "base/address.h"
#include "base/buffer.h"
#include "base/reason.h"

enum {
    NETWORKS_MAX = 64,
    NETWORK_TEXT_SIZE = 52, /* the longest address, a slash and three digits */
};

/* The addresses that begin with the same bits. IPv4 has at least 96: as it is written in IPv6, so that
 * ::ffff:10.0.0.0/104 and 10.0.0.0/8 are one. */
struct address_network {
    struct address address; /* all zero behind those bits */
    uint8_t bits;
};
struct networks {
    size_t count; /* 0: all addresses */
    struct address_network list[NETWORKS_MAX];
};

/* Reads an address, or ADDRESS/BITS. CONFIG_BAD_VALUE: neither, more bits than there are, or an address that goes on
 * behind them, which is mostly a slip. */
RESULT network_read(struct slice text, struct address_network *ret_network, struct reason *reason);
/* Adds those of a list, with blanks or commas between them; at least one. CONFIG_BAD_VALUE, also where there are more
 * than NETWORKS_MAX; then nothing is added. */
RESULT networks_add(struct slice text, struct networks *networks, struct reason *reason);
/* Appends it as a file would say it; an IPv4 network as IPv4. */
void network_write(const struct address_network *network, struct buffer *out);
/* Appends all of them with ", " between. */
void networks_write(const struct networks *networks, struct buffer *out);

/* Whether one of them has the address, or there are none. A network of IPv6 has no address of IPv4, ::/0 neither. */
bool networks_have(const struct networks *networks, const struct address *address);

#endif
