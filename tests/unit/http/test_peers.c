/* By which address a connection is counted, and how it is written. */
#include "net/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct address address_of(const char *text, const char *shown)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in *const old = (struct sockaddr_in *)(void *)&from;
    struct sockaddr_in6 *const new = (struct sockaddr_in6 *)(void *)&from;
    struct http_peer peer;
    if (inet_pton(AF_INET, text, &old->sin_addr) == 1)
        from.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &new->sin6_addr) == 1)
        from.ss_family = AF_INET6;
    peer_from_address(&from, &peer);
    assert_string_equal(peer.address, shown);
    assert_false(peer.local);
    return address_owner(&peer.from);
}

static const struct {
    const char *one;
    const char *other;
    bool same;
} pairs[] = {
    {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true}, /* one network, one owner */
    {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"::1", "192.0.2.1", false},
    {"::", "0.0.0.0", false},
};

static void ipv4_is_counted_by_address_and_ipv6_by_network(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct address one = address_of(pairs[i].one, pairs[i].one);
        const struct address other = address_of(pairs[i].other, pairs[i].other);
        assert_int_equal(memcmp(&one, &other, sizeof one) == 0, pairs[i].same);
    }
}

static void ipv4_over_an_ipv6_socket_is_ipv4(void **state)
{
    (void)state;
    const struct address plain = address_of("192.0.2.7", "192.0.2.7");
    const struct address mapped = address_of("::ffff:192.0.2.7", "192.0.2.7");
    assert_memory_equal(&plain, &mapped, sizeof plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_counted_by_address_and_ipv6_by_network),
        cmocka_unit_test(ipv4_over_an_ipv6_socket_is_ipv4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
