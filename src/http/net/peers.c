/* Who is at the other end of a connection; see peers.h. */
#include "peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { NETWORK_SIZE = 8 }; /* bytes of an IPv6 address, of which whoever has one has all: a /64 */

_Static_assert(HTTP_ADDRESS_SIZE == INET6_ADDRSTRLEN, "every address in text has room");

void peer_from_address(const struct sockaddr_storage *from, struct http_peer *ret_peer, struct address *ret_address)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct address address;
    if (from->ss_family == AF_INET6) {
        memcpy(&address, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, sizeof address);
    } else {
        memcpy(address.bytes, mapped, sizeof mapped);
        memcpy(address.bytes + sizeof mapped, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    }
    ret_peer->local = false;
    const bool is_mapped = memcmp(address.bytes, mapped, sizeof mapped) == 0;
    if (is_mapped)
        inet_ntop(AF_INET, address.bytes + sizeof mapped, ret_peer->address, HTTP_ADDRESS_SIZE);
    else
        inet_ntop(AF_INET6, address.bytes, ret_peer->address, HTTP_ADDRESS_SIZE);
    if (!is_mapped)
        memset(address.bytes + NETWORK_SIZE, 0, sizeof address.bytes - NETWORK_SIZE);
    *ret_address = address;
}

RESULT peer_from_kernel(int descriptor, struct http_peer *ret_peer)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    ENSURE(getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0, INTERNAL);
    *ret_peer = (struct http_peer){
        .local = true, .user = credentials.uid, .group = credentials.gid, .process = credentials.pid};
    return RESULT_OK;
}
