/* Networks whose machines may ask: what is read, what is refused with words, and which addresses are in them. */
#include "host/networks.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
    struct address address;
    uint8_t ipv4[ADDRESS_IPV4_SIZE];
    if (inet_pton(AF_INET, text, ipv4) == 1)
        return address_of_ipv4(ipv4);
    assert_int_equal(inet_pton(AF_INET6, text, address.bytes), 1);
    return address;
}

static const struct {
    const char *text;
    const char *written;
    const char *in[2];  /* the first address and the last, */
    const char *out[2]; /* and those beside */
} good[] = {
    {"10.0.0.0/8", "10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0"}},
    {"192.0.2.128/25", "192.0.2.128/25", {"192.0.2.128", "192.0.2.255"}, {"192.0.2.127", "192.0.3.0"}},
    {"192.0.2.7", "192.0.2.7/32", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.6", "192.0.2.8"}},
    {"192.0.2.7/32", "192.0.2.7/32", {"192.0.2.7", "192.0.2.7"}, {"192.0.2.6", "192.0.2.8"}},
    {"0.0.0.0/0", "0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::1", "2001:db8::1"}},
    {"::ffff:10.0.0.0/104", "10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0"}},
    {"::ffff:192.0.2.7", "192.0.2.7/32", {"192.0.2.7", "192.0.2.7"}, {"192.0.2.6", "192.0.2.8"}},
    {"2001:db8::/32",
     "2001:db8::/32",
     {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
     {"2001:db7:ffff::", "2001:db9::"}},
    {"2001:DB8:0:8::/61",
     "2001:db8:0:8::/61",
     {"2001:db8:0:8::1", "2001:db8:0:f::1"},
     {"2001:db8:0:7::1", "2001:db8:0:10::"}},
    {"::1", "::1/128", {"::1", "::1"}, {"::2", "127.0.0.1"}},
    {"::/0", "::/0", {"::", "2001:db8::1"}, {"192.0.2.7", "0.0.0.0"}},
};

static void networks_are_read_and_have_the_addresses_from_their_first_to_their_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct networks networks = {.count = 0};
        struct reason reason = {.text = ""};
        assert_true(is_ok(networks_add(slice_of(good[i].text), &networks, &reason)));
        CLEANUP_BUFFER struct buffer written = buffer_make(NETWORK_TEXT_SIZE);
        networks_write(&networks, &written);
        assert_string_equal(buffer_text(&written), good[i].written);
        for (size_t n = 0; n < 2; n++) {
            const struct address in = address_of(good[i].in[n]);
            const struct address out = address_of(good[i].out[n]);
            if (!networks_have(&networks, &in) || networks_have(&networks, &out))
                print_error("%s: %s, %s\n", good[i].text, good[i].in[n], good[i].out[n]);
            assert_true(networks_have(&networks, &in));
            assert_false(networks_have(&networks, &out));
        }
    }
}

static const struct {
    const char *text;
    const char *words;
} bad[] = {
    {"", "no network is named"},
    {" , ,", "no network is named"},
    {"/", "\"/\" is no network"},
    {"/8", "\"/8\" is no network"},
    {"10", "\"10\" is no network; what is meant looks like 10.0.0.0/8"},
    {"10.0.0/8", "is no network"},
    {"10.0.0.0.0/8", "is no network"},
    {"010.0.0.0/8", "is no network"},
    {"10.0.0.256", "is no network"},
    {"0x0a.0.0.0/8", "is no network"},
    {"localhost", "is no network"},
    {"*", "is no network"},
    {"10.0.0.0-10.0.0.9", "is no network"},
    {"fe80::1%eth0", "is no network"},
    {"[2001:db8::]/32", "is no network"},
    {"2001:db8::/32/", "number from 0 to 128"},
    {"2001:db8::g/32", "is no network"},
    {":::/0", "is no network"},
    {"10.0.0.0/", "number from 0 to 32"},
    {"10.0.0.0/33", "number from 0 to 32"},
    {"10.0.0.0/-1", "number from 0 to 32"},
    {"10.0.0.0/+8", "number from 0 to 32"},
    {"10.0.0.0/08", "number from 0 to 32"},
    {"10.0.0.0/8/8", "number from 0 to 32"},
    {"10.0.0.0/255.0.0.0", "number from 0 to 32"},
    {"10.0.0.0/4294967304", "number from 0 to 32"},
    {"2001:db8::/129", "number from 0 to 128"},
    {"2001:db8::/", "number from 0 to 128"},
    {"10.1.2.3/8", "\"10.1.2.3/8\" is an address within a network; that is 10.0.0.0/8"},
    {"192.0.2.1/24", "that is 192.0.2.0/24"},
    {"192.0.2.1/0", "that is 0.0.0.0/0"},
    {"2001:db8::1/32", "that is 2001:db8::/32"},
    {"::ffff:0:0/95", "that is ::fffe:0:0/95"},
    {"10.0.0.0/8, 10.0.0.0/9x", "\"10.0.0.0/9x\""},
    {"10.0.0.0/8; 192.0.2.7", "\"10.0.0.0/8;\""},
    {"11111111111111111111111111111111111111111111111111111111111111111111111111111111", "is no network"},
    {"2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000/32", "is no network"},
};

static void whatever_is_no_network_is_refused_with_words_and_adds_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct networks networks = {.count = 0};
        struct reason reason = {.text = ""};
        assert_true(is_ok(networks_add(slice_of("198.51.100.0/24"), &networks, &reason)));
        assert_int_equal(result_code(networks_add(slice_of(bad[i].text), &networks, &reason)), ERR_CONFIG_BAD_VALUE);
        if (strstr(reason.text, bad[i].words) == NULL)
            print_error("\"%s\": %s\n", bad[i].text, reason.text);
        assert_non_null(strstr(reason.text, bad[i].words));
        assert_int_equal(networks.count, 1);
    }
}

static void a_list_has_blanks_and_commas_and_ends_with_the_most(void **state)
{
    (void)state;
    struct networks networks = {.count = 0};
    struct reason reason = {.text = ""};
    assert_true(is_ok(networks_add(slice_of(" 10.0.0.0/8,192.0.2.7 ,\t::1 "), &networks, &reason)));
    CLEANUP_BUFFER struct buffer written = buffer_make((size_t)NETWORKS_MAX * (NETWORK_TEXT_SIZE + 2));
    networks_write(&networks, &written);
    assert_string_equal(buffer_text(&written), "10.0.0.0/8, 192.0.2.7/32, ::1/128");
    while (networks.count < NETWORKS_MAX)
        assert_true(is_ok(networks_add(slice_of("192.0.2.9"), &networks, &reason)));
    assert_int_equal(result_code(networks_add(slice_of("192.0.2.9"), &networks, &reason)), ERR_CONFIG_BAD_VALUE);
    assert_string_equal(reason.text, "there are more than 64 networks");
}

static void without_any_network_every_address_may_ask(void **state)
{
    (void)state;
    const struct networks networks = {.count = 0};
    const char *const asked[] = {"192.0.2.7", "::1", "2001:db8::1"};
    for (size_t i = 0; i < 3; i++) {
        const struct address address = address_of(asked[i]);
        assert_true(networks_have(&networks, &address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_read_and_have_the_addresses_from_their_first_to_their_last),
        cmocka_unit_test(whatever_is_no_network_is_refused_with_words_and_adds_nothing),
        cmocka_unit_test(a_list_has_blanks_and_commas_and_ends_with_the_most),
        cmocka_unit_test(without_any_network_every_address_may_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
