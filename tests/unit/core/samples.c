/* The sample documents as structs; see samples.h. */
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct signing_key *sample_key(const char *name, uint8_t letter)
{
    uint8_t seed[SEED_SIZE];
    memset(seed, letter, sizeof seed);
    struct signing_key *key = NULL;
    assert_true(is_ok(signing_key_make(slice_of(name), seed, &key)));
    return key;
}

struct license sample_license(void)
{
    struct license license;
    assert_true(is_ok(license_read(slice_of(SAMPLE_LICENSE), &license)));
    return license;
}

struct request sample_request(void)
{
    struct request request;
    assert_true(is_ok(request_read(slice_of(SAMPLE_REQUEST), &request)));
    return request;
}

struct lease sample_lease(void)
{
    struct lease lease;
    assert_true(is_ok(lease_read(slice_of(SAMPLE_LEASE), &lease)));
    return lease;
}

seconds sample_time(const char *text)
{
    seconds time = 0;
    assert_true(is_ok(time_read(slice_of(text), &time)));
    return time;
}
