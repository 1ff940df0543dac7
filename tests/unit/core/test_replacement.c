/* Which lease may take the place of one in force: by whose it is, and by its end. */
#include "core/rules/replacement.h"
#include "samples.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOST_NAME "kms.uni.example/acme.example"

static struct believed in_force;
static struct believed offered;
static enum license_mode wanted; /* by the product key */

static int begin(void **state)
{
    (void)state;
    in_force.license = sample_license();
    in_force.lease = sample_lease();
    offered = in_force;
    wanted = LICENSE_VOLUME;
    return is_ok(secret_start()) ? 0 : -1;
}

/* Whose it is, the license alone tells before there is a lease: with the same answer. */
static enum error_code code(void)
{
    const enum error_code whole = result_code(replacement_check(&in_force, &offered, wanted));
    const enum error_code license = result_code(replacement_check_license(&in_force, &offered.license));
    assert_int_equal(license, whole == ERR_LEASE_ENDS_EARLIER ? OK : whole);
    return whole;
}

static void name_other_key(void)
{
    struct signing_key *key = sample_key(HOST_NAME, OTHER_HOST_SEED);
    offered.license.host_keys[0] = *signing_key_verifier(key);
    signing_key_free(key);
}

static void one_of_the_same_license_or_of_the_same_host_key_may(void **state)
{
    (void)state;
    assert_int_equal(code(), OK);
    memcpy(offered.license.id, "another", 8);
    assert_int_equal(code(), OK);
    offered = in_force;
    name_other_key();
    assert_int_equal(code(), OK);
}

static void one_of_another_license_and_key_may_not_however_late_it_ends(void **state)
{
    (void)state;
    memcpy(offered.license.id, "another", 8);
    name_other_key(); /* of the same name */
    assert_int_equal(code(), ERR_LEASE_OTHER_HOST);
    offered.lease.expires += DAY;
    assert_int_equal(code(), ERR_LEASE_OTHER_HOST);
}

static void one_that_ends_a_second_earlier_may_not(void **state)
{
    (void)state;
    offered.lease.expires -= 1;
    assert_int_equal(code(), ERR_LEASE_ENDS_EARLIER);
    offered.lease.expires += 2;
    assert_int_equal(code(), OK);
}

/* Of an edition whose key is installed, or it would not have been believed. */
static void one_of_another_edition_may_whoever_gives_it_and_whenever_it_ends(void **state)
{
    (void)state;
    memcpy(offered.license.id, "another", 8);
    name_other_key();
    snprintf(offered.license.edition, sizeof offered.license.edition, "lab");
    offered.lease.expires -= 1;
    assert_int_equal(code(), OK);
    memcpy(offered.license.edition, in_force.license.edition, sizeof offered.license.edition);
    assert_int_equal(code(), ERR_LEASE_OTHER_HOST);
}

/* Who has typed the other product key since wants what it gives; a host alone could not shorten what there is. */
static void one_of_the_mode_that_the_product_key_asks_for_now_may_end_earlier(void **state)
{
    (void)state;
    in_force.license.mode = LICENSE_COUNTED;
    offered.lease.expires -= 1;
    assert_int_equal(code(), OK);
    wanted = LICENSE_COUNTED;
    assert_int_equal(code(), ERR_LEASE_ENDS_EARLIER);
    in_force.license.mode = LICENSE_VOLUME;
    offered.license.mode = LICENSE_VOLUME;
    assert_int_equal(code(), ERR_LEASE_ENDS_EARLIER);
    offered.license.mode = LICENSE_COUNTED;
    assert_int_equal(code(), OK);
    memcpy(offered.license.id, "another", 8);
    name_other_key();
    assert_int_equal(code(), ERR_LEASE_OTHER_HOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_of_the_same_license_or_of_the_same_host_key_may, begin),
        cmocka_unit_test_setup(one_of_another_license_and_key_may_not_however_late_it_ends, begin),
        cmocka_unit_test_setup(one_that_ends_a_second_earlier_may_not, begin),
        cmocka_unit_test_setup(one_of_another_edition_may_whoever_gives_it_and_whenever_it_ends, begin),
        cmocka_unit_test_setup(one_of_the_mode_that_the_product_key_asks_for_now_may_end_earlier, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
