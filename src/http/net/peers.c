/* Who is at the other end of a connection; see peers.h. */
#include "peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

_Static_assert(HTTP_ADDRESS_SIZE == INET6_ADDRSTRLEN, "every address in text has room");

static struct address address_from(const struct sockaddr_storage *from)
{
    struct address address;
    if (from->ss_family != AF_INET6)
        return address_of_ipv4((const uint8_t *)&((const struct sockaddr_in *)(const void *)from)->sin_addr);
    memcpy(&address, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, sizeof address);
    return address;
}

void peer_from_address(const struct sockaddr_storage *from, struct http_peer *ret_peer)
{
    const struct address address = address_from(from);
    ret_peer->local = false;
    ret_peer->from = address;
    if (address_is_ipv4(&address))
        inet_ntop(AF_INET, address.bytes + ADDRESS_IPV4_AT, ret_peer->address, HTTP_ADDRESS_SIZE);
    else
        inet_ntop(AF_INET6, address.bytes, ret_peer->address, HTTP_ADDRESS_SIZE);
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
