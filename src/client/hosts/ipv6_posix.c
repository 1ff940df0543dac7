/* IPv6 addresses by the functions of POSIX; see ipv6.h. */
#include "ipv6.h"

#include <arpa/inet.h>

_Static_assert((int)IPV6_TEXT_SIZE == (int)INET6_ADDRSTRLEN, "every address fits");

RESULT ipv6_read(struct slice text, char ret_text[static IPV6_TEXT_SIZE])
{
    char given[IPV6_TEXT_SIZE];
    struct in6_addr address;
    ENSURE(is_ok(slice_copy_text(text, given, sizeof given)), DOCUMENT_VALUE);
    ENSURE(inet_pton(AF_INET6, given, &address) == 1, DOCUMENT_VALUE);
    ENSURE(inet_ntop(AF_INET6, &address, ret_text, IPV6_TEXT_SIZE) != NULL, DOCUMENT_VALUE);
    return RESULT_OK;
}
