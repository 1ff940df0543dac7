/* Loopback addresses; see target.h. */
#include "target.h"

#include "base/bytes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { HOST_TEXT_SIZE = 64 };

static RESULT read_port(const char *text, uint16_t *ret_port)
{
    uint64_t port = 0;
    ENSURE(is_ok(decimal_read(slice_of(text), 65535, &port)) && port > 0, USAGE);
    *ret_port = (uint16_t)port;
    return RESULT_OK;
}

static RESULT read_ipv6(const char *text, struct target *ret_target)
{
    static const char OPENING[] = "[::1]:";
    ENSURE(strncmp(text, OPENING, strlen(OPENING)) == 0, USAGE);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    uint16_t port;
    TRY(read_port(text + strlen(OPENING), &port));
    address.sin6_port = htons(port);
    ret_target->size = sizeof address;
    memcpy(&ret_target->address, &address, sizeof address);
    return RESULT_OK;
}

static RESULT read_ipv4(const char *text, struct target *ret_target)
{
    const char *colon = strchr(text, ':');
    char host[HOST_TEXT_SIZE];
    ENSURE(colon != NULL && (size_t)(colon - text) < sizeof host, USAGE);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    struct sockaddr_in address = {.sin_family = AF_INET};
    uint16_t port;
    ENSURE(inet_pton(AF_INET, host, &address.sin_addr) == 1, USAGE);
    ENSURE(ntohl(address.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET, USAGE);
    TRY(read_port(colon + 1, &port));
    address.sin_port = htons(port);
    ret_target->size = sizeof address;
    memcpy(&ret_target->address, &address, sizeof address);
    return RESULT_OK;
}

RESULT target_read(const char *text, struct target *ret_target)
{
    struct target target;
    memset(&target, 0, sizeof target);
    TRY(text[0] == '[' ? read_ipv6(text, &target) : read_ipv4(text, &target));
    *ret_target = target;
    return RESULT_OK;
}

bool target_source(const struct target *target, unsigned n, struct sockaddr_storage *ret_source, socklen_t *ret_size)
{
    if (target->address.ss_family != AF_INET)
        return false;
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + n % TARGET_SOURCES_MAX);
    memset(ret_source, 0, sizeof *ret_source);
    memcpy(ret_source, &address, sizeof address);
    *ret_size = sizeof address;
    return true;
}
