/* Addresses as values: what is IPv4, whose an address is, and which begin alike. */
#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t ipv4[ADDRESS_IPV4_SIZE] = {192, 0, 2, 7};

static void ipv4_is_written_in_ipv6(void **state)
{
    (void)state;
    const struct address address = address_of_ipv4(ipv4);
    assert_memory_equal(&address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7", ADDRESS_SIZE);
    assert_true(address_is_ipv4(&address));
    for (size_t i = 0; i < ADDRESS_IPV4_AT; i++) {
        struct address other = address;
        other.bytes[i] ^= 1;
        assert_false(address_is_ipv4(&other));
        assert_false(address_equal(&other, &address));
    }
}

static void an_ipv4_address_is_its_own_owners_and_of_ipv6_the_first_64_bits_count(void **state)
{
    (void)state;
    struct address address = address_of_ipv4(ipv4);
    struct address owner = address_owner(&address);
    assert_true(address_equal(&address, &owner));
    memset(address.bytes, 0x5a, sizeof address.bytes);
    owner = address_owner(&address);
    for (size_t i = 0; i < ADDRESS_SIZE; i++)
        assert_int_equal(owner.bytes[i], i < 8 ? 0x5a : 0);
}

/* Every one of 128 bits is looked at, or not, as it is said. */
static void addresses_begin_alike_up_to_the_first_bit_that_differs(void **state)
{
    (void)state;
    const struct address address = address_of_ipv4(ipv4);
    for (unsigned bit = 0; bit < 8 * ADDRESS_SIZE; bit++) {
        struct address other = address;
        other.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        for (unsigned bits = 0; bits <= 8 * ADDRESS_SIZE; bits++)
            assert_int_equal(address_begins(&other, &address, bits), bits <= bit);
    }
    assert_true(address_begins(&address, &address, 8 * ADDRESS_SIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_written_in_ipv6),
        cmocka_unit_test(an_ipv4_address_is_its_own_owners_and_of_ipv6_the_first_64_bits_count),
        cmocka_unit_test(addresses_begin_alike_up_to_the_first_bit_that_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
