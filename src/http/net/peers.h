/* Who is at the other end of a connection. */
#ifndef HTTP_NET_PEERS_H
#define HTTP_NET_PEERS_H

#include "http/handler.h"
#include "limits/addresses.h"

#include <sys/socket.h>

/* Of a connection over TCP, from where it came: in text, and to be counted. IPv4 that came over an IPv6 socket is plain
 * IPv4 in text, and is counted with it; IPv6 is counted by its /64, since whoever has one address of it has all. */
void peer_from_address(const struct sockaddr_storage *from, struct http_peer *ret_peer, struct address *ret_address);
/* Of a connection over a Unix socket, from the kernel; INTERNAL where it does not say. */
RESULT peer_from_kernel(int descriptor, struct http_peer *ret_peer);

#endif
