/* Who is at the other end of a connection. */
#ifndef HTTP_NET_PEERS_H
#define HTTP_NET_PEERS_H

#include "http/handler.h"

#include <sys/socket.h>

/* Of a connection over TCP, from where it came. IPv4 that came over an IPv6 socket is plain IPv4. */
void peer_from_address(const struct sockaddr_storage *from, struct http_peer *ret_peer);
/* Of a connection over a Unix socket, from the kernel; INTERNAL where it does not say. */
RESULT peer_from_kernel(int descriptor, struct http_peer *ret_peer);

#endif
