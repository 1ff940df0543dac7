/* A lease within its license: each term by itself, as a table. */
#include "core/rules/terms.h"

#include "base/secret.h"
#include "core/documents/offer.h"
#include "core/rules/clock.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct license license; /* features export and render; leases of 180 days, renewed after 7, 2 hours to retry */
static struct lease lease;     /* just as it says */

static int set_up(void **state)
{
    (void)state;
    if (!is_ok(secret_start()))
        return -1;
    license = sample_license();
    lease = sample_lease();
    return 0;
}

static void name_other(char name[static NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "other");
}

static void other_license(void)
{
    name_other(lease.license);
}
static void other_vendor(void)
{
    name_other(lease.request.vendor);
}
static void other_key(void)
{
    struct signing_key *key = sample_key("kms.uni.example/acme.example", OTHER_HOST_SEED);
    lease.request.host_key = *signing_key_verifier(key);
    signing_key_free(key);
}
static void other_product(void)
{
    name_other(lease.request.product);
}
static void other_edition(void)
{
    name_other(lease.request.edition);
}
static void other_mode(void)
{
    lease.request.counted = true;
}
/* Its request comes along. */
static void issue_at(seconds time)
{
    lease.issued = time;
    lease.request.time = time;
}
static void too_early(void)
{
    issue_at(license.not_before - 1);
    lease.expires = lease.issued + DAY * 30;
}
static void at_the_first_second(void)
{
    issue_at(license.not_before);
    lease.expires = lease.issued + license.lease;
}
static void until_the_last_second(void)
{
    lease.expires = license.not_after;
    issue_at(lease.expires - license.lease);
}
static void beyond_the_end(void)
{
    lease.expires = license.not_after + 1;
    issue_at(lease.expires - license.lease);
}
static void after_the_end(void)
{
    issue_at(license.not_after);
    lease.expires = lease.issued + license.lease;
}
static void too_long(void)
{
    lease.expires = lease.issued + license.lease + 1;
}
static void renewed_later(void)
{
    lease.renew_after = license.renew + 1;
}
static void renewed_earlier(void)
{
    lease.renew_after = license.renew - 1;
}
static void shorter_than_its_renewal(void)
{
    lease.expires = lease.issued + license.renew - 1;
    lease.renew_after = license.renew - 1;
}
static void tried_at_another_time(void)
{
    lease.retry_after = license.retry + 1;
}
static void issued_after_request(seconds apart, bool offline)
{
    lease.offline = offline;
    lease.request.time = lease.issued - apart;
}
static void four_hours_after(void)
{
    issued_after_request(CLOCK_TOLERANCE, false);
}
static void longer_after(void)
{
    issued_after_request(CLOCK_TOLERANCE + 1, false);
}
static void four_hours_before(void)
{
    issued_after_request(-CLOCK_TOLERANCE, false);
}
static void longer_before(void)
{
    issued_after_request(-CLOCK_TOLERANCE - 1, false);
}
static void offline_at_once(void)
{
    issued_after_request(0, true);
}
static void offline_four_hours_before(void)
{
    issued_after_request(-CLOCK_TOLERANCE, true);
}
static void offline_longer_before(void)
{
    issued_after_request(-CLOCK_TOLERANCE - 1, true);
}
static void offline_thirty_days_after(void)
{
    issued_after_request(OFFLINE_MAX, true);
}
static void offline_longer_after(void)
{
    issued_after_request(OFFLINE_MAX + 1, true);
}
static void more_features(void)
{
    assert_int_equal(features_add(&lease.features, slice_of("root")).bits, 0);
}
static void fewer_features(void)
{
    lease.features.count = 0;
}

static const struct {
    void (*change)(void); /* NULL: as it is */
    unsigned broken;
    enum error_code offer;
    enum error_code extent;
} cases[] = {
    {NULL, 0, OK, OK},
    {other_license, TERM_LICENSE, ERR_LEASE_OTHER_LICENSE, OK},
    {other_vendor, TERM_VENDOR, ERR_LEASE_OTHER_PRODUCT, OK},
    {other_key, TERM_HOST, ERR_LEASE_OTHER_REQUEST, OK},
    {other_product, TERM_PRODUCT, ERR_LEASE_OTHER_PRODUCT, OK},
    {other_edition, TERM_EDITION, ERR_LEASE_OTHER_PRODUCT, OK},
    {other_mode, TERM_MODE, ERR_LICENSE_OTHER_MODE, OK},
    {too_early, TERM_TOO_EARLY, OK, ERR_LEASE_DATES},
    {at_the_first_second, 0, OK, OK},
    {until_the_last_second, 0, OK, OK},
    {beyond_the_end, TERM_BEYOND_END, OK, ERR_LEASE_DATES},
    {after_the_end, TERM_TOO_LATE | TERM_BEYOND_END, OK, ERR_LEASE_DATES},
    {too_long, TERM_TOO_LONG, OK, ERR_LEASE_DATES},
    {renewed_later, TERM_LATE_RENEWAL | TERM_RENEWAL, OK, ERR_LEASE_DATES},
    {renewed_earlier, TERM_RENEWAL, OK, OK},
    {shorter_than_its_renewal, 0, OK, OK},
    {tried_at_another_time, TERM_RETRY, OK, OK},
    {four_hours_after, 0, OK, OK},
    {longer_after, TERM_APART, OK, ERR_LEASE_DATES},
    {four_hours_before, 0, OK, OK},
    {longer_before, TERM_APART, OK, ERR_LEASE_DATES},
    {offline_at_once, 0, OK, OK},
    {offline_four_hours_before, 0, OK, OK},
    {offline_longer_before, TERM_APART, OK, ERR_LEASE_DATES},
    {offline_thirty_days_after, 0, OK, OK},
    {offline_longer_after, TERM_APART, OK, ERR_LEASE_DATES},
    {more_features, TERM_FEATURES, OK, ERR_LEASE_FEATURES},
    {fewer_features, 0, OK, OK},
};

static const struct hardware SUFFICIENT = {2, {{.kind = "board"}, {.kind = "disk"}}};
static const struct lease_case FIRST = {&SUFFICIENT, true};
static const struct lease_case LATER = {&SUFFICIENT, false};

static void every_term_is_found_by_itself(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(set_up(state), 0);
        if (cases[i].change != NULL)
            cases[i].change();
        if (terms_broken(&license, &lease) != cases[i].broken)
            fail_msg("case %zu: %x instead of %x", i, terms_broken(&license, &lease), cases[i].broken);
        assert_int_equal(result_code(terms_check_offer(&license, &lease)), cases[i].offer);
        assert_int_equal(result_code(terms_check_extent(&license, &lease)), cases[i].extent);
    }
}

static void a_renewal_comes_before_the_end_of_a_short_lease(void **state)
{
    (void)state;
    assert_int_equal(terms_renewal(&license, &SUFFICIENT, license.lease), license.renew);
    assert_int_equal(terms_renewal(&license, &SUFFICIENT, license.renew), license.renew);
    assert_int_equal(terms_renewal(&license, &SUFFICIENT, 1), 1);
}

static void what_a_license_does_not_say_of_seats_that_come_back_has_a_rule(void **state)
{
    (void)state;
    struct license said = license;
    said.seats = 1000;
    assert_int_equal(terms_releases(&said), 1000);
    assert_int_equal(terms_reclaims(&said), 50);
    said.seats = 59;
    assert_int_equal(terms_reclaims(&said), 2);
    said.lease = DAY;
    assert_true(terms_releases(&said) == UINT64_MAX);
    said.mode = LICENSE_COUNTED;
    assert_int_equal(terms_releases(&said), 59);
    said.has_releases = said.has_reclaims = true;
    assert_int_equal(terms_releases(&said), 0);
    assert_int_equal(terms_reclaims(&said), 0);
}

static void a_counted_lease_lasts_to_the_end_of_its_license(void **state)
{
    (void)state;
    struct license counted = license;
    struct lease whole = lease;
    assert_int_equal(terms_end(&counted, &LATER, lease.issued), lease.issued + license.lease);
    assert_int_equal(terms_end(&counted, &FIRST, license.not_after - 1), license.not_after);
    counted.mode = LICENSE_COUNTED;
    counted.lease = 0;
    counted.threshold = 0;
    whole.expires = terms_end(&counted, &LATER, lease.issued);
    assert_int_equal(whole.expires, license.not_after);
    assert_int_equal(terms_broken(&counted, &whole), TERM_MODE);
    assert_int_equal(terms_broken(&license, &whole), TERM_TOO_LONG);
    whole.request.counted = true;
    assert_int_equal(terms_broken(&counted, &whole), 0);
    whole.expires++;
    assert_int_equal(terms_broken(&counted, &whole), TERM_BEYOND_END);
}

/* Without two digests. */
static void a_lease_for_hardware_that_does_not_suffice_is_short(void **state)
{
    (void)state;
    const struct hardware none = {0};
    const struct hardware one = {1, {{.kind = "board"}}};
    const struct hardware identity = {1, {{.kind = HARDWARE_IDENTITY}}};
    const struct lease_case cases_of[] = {{&none, false}, {&one, false}, {&one, true}};
    struct license said = license;
    const struct hardware disks = {2, {{.kind = "disk"}, {.kind = "disk", .digest = {1}}}};
    assert_false(hardware_suffices(&none) || hardware_suffices(&one) || hardware_suffices(&disks));
    assert_true(hardware_suffices(&identity) && hardware_suffices(&SUFFICIENT));
    for (size_t i = 0; i < sizeof cases_of / sizeof *cases_of; i++) {
        assert_int_equal(terms_end(&said, &cases_of[i], lease.issued), lease.issued + DAY);
        assert_int_equal(terms_end(&said, &cases_of[i], said.not_after - HOUR), said.not_after);
    }
    assert_int_equal(terms_end(&said, &(struct lease_case){&identity, false}, lease.issued), lease.issued + said.lease);
    said.retry = 3 * DAY;
    assert_int_equal(terms_end(&said, &cases_of[0], lease.issued), lease.issued + 3 * DAY);
    said.lease = HOUR;
    assert_int_equal(terms_end(&said, &cases_of[0], lease.issued), lease.issued + HOUR);
    said.mode = LICENSE_COUNTED;
    assert_int_equal(terms_end(&said, &cases_of[0], lease.issued), lease.issued + 3 * DAY);
    assert_int_equal(terms_renewal(&license, &one, DAY), DAY / 2); /* in good time */
    lease.request.hardware = one;
    assert_int_equal(terms_broken(&license, &lease), TERM_TOO_LONG);
    assert_int_equal(result_code(terms_check_extent(&license, &lease)), ERR_LEASE_DATES);
    lease.expires = lease.issued + DAY;
    lease.renew_after = DAY / 2;
    assert_int_equal(terms_broken(&license, &lease), 0);
}

static void a_first_lease_is_as_long_as_the_license_says(void **state)
{
    (void)state;
    struct license said = license;
    assert_int_equal(terms_end(&said, &FIRST, lease.issued), lease.issued + license.lease);
    said.has_first_lease = true;
    said.first_lease = 30 * DAY;
    assert_int_equal(terms_end(&said, &FIRST, lease.issued), lease.issued + 30 * DAY);
    assert_int_equal(terms_end(&said, &LATER, lease.issued), lease.issued + license.lease);
    assert_int_equal(terms_end(&said, &FIRST, said.not_after - DAY), said.not_after);
    said.mode = LICENSE_COUNTED;
    assert_int_equal(terms_end(&said, &FIRST, lease.issued), lease.issued + 30 * DAY);
    assert_int_equal(terms_end(&said, &LATER, lease.issued), said.not_after);
}

static void a_seat_comes_back_at_once_as_often_as_the_license_allows(void **state)
{
    (void)state;
    struct license said = license;
    said.has_releases = said.has_reclaims = true;
    said.releases = 3;
    said.reclaims = 1;
    assert_true(terms_releases_limited(&said));
    assert_true(terms_release_frees(&said, 2));
    assert_false(terms_release_frees(&said, 3));
    assert_true(terms_reclaim_frees(&said, 0));
    assert_false(terms_reclaim_frees(&said, 1));
    assert_true(terms_reclaim_counts(&said, false));
    said.has_first_lease = true;
    assert_false(terms_reclaim_counts(&said, false));
    assert_true(terms_reclaim_counts(&said, true));
    said.has_releases = false;
    said.lease = DAY;
    assert_false(terms_releases_limited(&said));
    assert_true(terms_release_frees(&said, INT64_MAX));
}

/* Once in the time after which it is tried again, a minute at least, and not later than a lease is to be renewed. */
static void a_machine_gets_a_lease_as_often_as_it_may_try(void **state)
{
    (void)state;
    static const struct {
        seconds renew, retry, length;
        size_t digests;
        seconds pace;
    } rows[] = {
        {7 * DAY, 2 * HOUR, 180 * DAY, 2, 2 * HOUR},
        {7 * DAY, 61, 180 * DAY, 2, 61},
        {7 * DAY, 60, 180 * DAY, 2, 60},
        {7 * DAY, 59, 180 * DAY, 2, 60},
        {HOUR, 2 * HOUR, 180 * DAY, 2, HOUR},
        {59, 59, 2 * MINUTE, 2, 59},
        {10, 5, 30, 2, 10},
        {10, 5, 6, 2, 6},
        {10, 5, 6, 1, 3}, /* a short lease is renewed earlier */
        {0, 5, 30, 2, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hardware hardware = lease.request.hardware;
        assert_true(hardware.count >= 2);
        hardware.count = rows[i].digests;
        license.renew = rows[i].renew;
        license.retry = rows[i].retry;
        assert_int_equal(terms_pace(&license, &hardware, rows[i].length), rows[i].pace);
    }
}

static void an_offer_is_equal_in_all_three_or_not(void **state)
{
    (void)state;
    const struct offer mine = {"acme.example", "studio", "pro"};
    const struct offer others[] = {
        {"other.example", "studio", "pro"}, {"acme.example", "viewer", "pro"}, {"acme.example", "studio", "edu"}};
    struct request request;
    assert_int_equal(request_read(slice_of(SAMPLE_REQUEST), &request).bits, 0);
    assert_true(offer_equal(mine, license_offer(&license)));
    assert_true(offer_equal(mine, lease_offer(&lease)));
    assert_true(offer_equal(mine, request_offer(&request)));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(offer_equal(mine, others[i]));
        assert_int_equal(offer_same_vendor(mine, others[i]), i != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_term_is_found_by_itself, set_up),
        cmocka_unit_test_setup(a_renewal_comes_before_the_end_of_a_short_lease, set_up),
        cmocka_unit_test_setup(what_a_license_does_not_say_of_seats_that_come_back_has_a_rule, set_up),
        cmocka_unit_test_setup(a_counted_lease_lasts_to_the_end_of_its_license, set_up),
        cmocka_unit_test_setup(a_lease_for_hardware_that_does_not_suffice_is_short, set_up),
        cmocka_unit_test_setup(a_first_lease_is_as_long_as_the_license_says, set_up),
        cmocka_unit_test_setup(a_seat_comes_back_at_once_as_often_as_the_license_allows, set_up),
        cmocka_unit_test_setup(a_machine_gets_a_lease_as_often_as_it_may_try, set_up),
        cmocka_unit_test_setup(an_offer_is_equal_in_all_three_or_not, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
