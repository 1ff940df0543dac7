/* IPv6 addresses as text. Each operating system has a sibling file. Pure, thread-safe. */
#ifndef CLIENT_HOSTS_IPV6_H
#define CLIENT_HOSTS_IPV6_H

#include "base/bytes.h"

enum { IPV6_TEXT_SIZE = 46 }; /* "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255" and its zero */

/* Reads an address without brackets in any of its spellings, and writes the one that RFC 5952 recommends.
 * DOCUMENT_VALUE for anything else. */
RESULT ipv6_read(struct slice text, char ret_text[static IPV6_TEXT_SIZE]);

#endif
