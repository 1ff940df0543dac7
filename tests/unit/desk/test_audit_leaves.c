/* The vendor's audit of hosts that issue what their licenses do not allow, each in its own way; and what is billed. */
#include "base/secret.h"
#include "core/rules/clock.h"
#include "core/rules/terms.h"
#include "ledger_forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Hosts that issue what they may not. Each row changes one honest lease, the second of three, in one way. */

static void last_longer(struct lease *lease)
{
    lease->expires++;
}
static void outlive_the_license(struct lease *lease)
{
    const seconds not_after = forged_license().not_after;
    issue_at(lease, not_after - DAY);
    lease->expires = not_after + 1;
    lease->renew_after = DAY + 1;
}
static void begin_before_the_license(struct lease *lease)
{
    issue_at(lease, forged_license().not_before - 1);
    lease->expires = lease->issued + DAY;
    lease->renew_after = DAY;
}
static void be_backdated(struct lease *lease)
{
    issue_at(lease, honest_lease(1).issued - 1);
}
static void name_an_unknown_license(struct lease *lease)
{
    (void)snprintf(lease->license, sizeof lease->license, "lic-2026-0002");
}
static void be_for_another_vendor(struct lease *lease)
{
    /* The document's own form wants the host key and what was seen to be of that vendor too. */
    CLEANUP_SIGNING_KEY struct signing_key *key = sample_key("kms.uni.example/other.example", HOST_SEED);
    struct request *request = &lease->request;
    (void)snprintf(request->vendor, sizeof request->vendor, "other.example");
    request->host_key = *signing_key_verifier(key);
    (void)snprintf(request->seen.origin, sizeof request->seen.origin, "%s", request->host_key.name);
}
static void be_for_another_product(struct lease *lease)
{
    (void)snprintf(lease->request.product, sizeof lease->request.product, "paint");
}
static void be_for_another_edition(struct lease *lease)
{
    (void)snprintf(lease->request.edition, sizeof lease->request.edition, "edu");
}
static void renew_later(struct lease *lease)
{
    lease->renew_after += DAY;
}
static void retry_later(struct lease *lease)
{
    lease->retry_after += HOUR;
}
static void grant_another_feature(struct lease *lease)
{
    assert_true(is_ok(features_add(&lease->features, slice_of("print"))));
}

static void answer_an_old_request(struct lease *lease)
{
    lease->request.time = lease->issued - 4 * HOUR - 1;
}
static void answer_an_older_file_than_may_be(struct lease *lease)
{
    lease->offline = true;
    lease->request.time = lease->issued - 30 * DAY - 1;
}
static void answer_a_request_of_the_future(struct lease *lease)
{
    lease->offline = true;
    lease->request.time = lease->issued + 4 * HOUR + 1;
}
static void answer_what_another_host_was_asked(struct lease *lease)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = sample_key("kms.uni.example/acme.example", OTHER_HOST_SEED);
    lease->request.host_key = *signing_key_verifier(key);
}

static const struct {
    const char *name;
    void (*cheat)(struct lease *lease);
    enum error_code code;
} lease_rows[] = {
    {"lasts longer than the license allows", last_longer, ERR_AUDIT_DATES},
    {"begins before the license", begin_before_the_license, ERR_AUDIT_DATES},
    {"back-dated", be_backdated, ERR_AUDIT_TIMES},
    {"unknown license", name_an_unknown_license, ERR_AUDIT_LICENSE_UNKNOWN},
    {"another vendor", be_for_another_vendor, ERR_AUDIT_TERMS},
    {"another product", be_for_another_product, ERR_AUDIT_TERMS},
    {"another edition", be_for_another_edition, ERR_AUDIT_TERMS},
    {"renews later", renew_later, ERR_AUDIT_TERMS},
    {"retries later", retry_later, ERR_AUDIT_TERMS},
    {"another feature", grant_another_feature, ERR_AUDIT_FEATURES},
    {"old request", answer_an_old_request, ERR_AUDIT_TIMES},
    {"file too old", answer_an_older_file_than_may_be, ERR_AUDIT_TIMES},
    {"request of the future", answer_a_request_of_the_future, ERR_AUDIT_TIMES},
    {"meant for another host", answer_what_another_host_was_asked, ERR_AUDIT_REQUEST},
};

static void a_lease_that_the_license_does_not_allow_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lease_rows / sizeof lease_rows[0]; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 3);
        struct lease lease = honest_lease(2);
        lease_rows[i].cheat(&lease);
        forge_replace(&forge, 1, &lease);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        bool found = false;
        for (size_t k = 0; k < audit->finding_count; k++)
            found = found || (audit->findings[k].index == 1 && audit->findings[k].code == lease_rows[i].code);
        /* What is out of the license's term is out of order too, and another vendor's host key is not this ledger's. */
        const bool twice =
            lease_rows[i].cheat == begin_before_the_license || lease_rows[i].cheat == be_for_another_vendor;
        if (!found || audit->finding_count > (twice ? 2 : 1))
            fail_msg("%s: %llu findings", lease_rows[i].name, (unsigned long long)audit->finding_count);
    }
}

static void a_lease_longer_than_the_license_allows_is_found_with_license_and_machine(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    struct lease lease = honest_lease(2);
    last_longer(&lease);
    forge_lease(&forge, &lease);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 1, ERR_AUDIT_DATES);
    assert_string_equal(audit->findings[0].license, "lic-2026-0001");
    assert_string_equal(audit->findings[0].machine, forged_machine(2));
    assert_string_equal(audit->findings[0].words,
                        "expires 2027-05-21T09:02:01Z, the license allows until 2027-05-21T09:02:00Z");
}

static void a_long_lease_for_too_little_hardware_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    struct lease lease = honest_lease(1);
    lease.request.hardware.count = 1;
    lease.renew_after =
        terms_renewal(&(struct license){.renew = 7 * DAY}, &lease.request.hardware, lease.expires - lease.issued);
    forge_lease(&forge, &lease);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 0, ERR_AUDIT_DATES);
}

static void a_lease_that_outlives_its_license_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    struct lease lease = honest_lease(1);
    outlive_the_license(&lease);
    forge_lease(&forge, &lease);
    issue_at(&lease, forged_license().not_after);
    lease.expires = lease.issued + 1;
    lease.renew_after = 1;
    forge_lease(&forge, &lease);
    forge_export(&forge, 0, 2, &file);
    assert_true(is_ok(audit_export(buffer_slice(&file), &(struct trial){.now = "2028-01-01T00:00:00Z"}, &audit)));
    assert_int_equal(audit->finding_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(audit->findings[i].code, ERR_AUDIT_DATES);
    assert_int_equal(audit->findings[0].index, 0); /* expires behind the end */
    assert_int_equal(audit->findings[1].index, 1); /* issued at the end, expires behind it */
}

static void a_backdated_lease_is_found_and_the_honest_ones_behind_it_are_not(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 2, 1);
    struct lease lease = honest_lease(1);
    forge_lease(&forge, &lease);
    forge_honest(&forge, 3, 1);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 1, ERR_AUDIT_TIMES);
}

/* By a host whose clock was ahead; the auditor's may be behind as well. */
static void leaves_dated_ahead_are_told_and_accuse_nobody(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    const seconds now = sample_time(AUDITED_AT);
    struct lease lease = honest_lease(3);
    forge_honest(&forge, 1, 2);
    issue_at(&lease, now + CLOCK_TOLERANCE);
    forge_lease(&forge, &lease);
    for (unsigned i = 0; i < 2; i++) {
        lease = honest_lease(i + 1);
        lease.request.number = 2;
        issue_at(&lease, now + CLOCK_TOLERANCE + 1 + i);
        forge_lease(&forge, &lease);
    }
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
    assert_int_equal(audit->ahead.count, 2);
    assert_int_equal(audit->ahead.first, 3);
    assert_int_equal(audit->ahead.last, 4);
    assert_int_equal(audit->ahead.from, now + CLOCK_TOLERANCE + 1);
    assert_int_equal(audit->ahead.until, now + CLOCK_TOLERANCE + 2);
    assert_int_equal(audit->moment, audit->ahead.until);
}

static void a_seat_issued_beyond_the_license_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 5); /* 3 seats and an overage of 1 */
    const struct lease renewal = honest_renewal(5, "2026-11-29T09:00:00Z");
    forge_lease(&forge, &renewal); /* takes no other seat */
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 4, ERR_AUDIT_SEATS);
    assert_string_equal(audit->findings[0].words, "5 machines hold the 4 seats");
}

static void a_shorter_lease_does_not_free_the_seat_of_a_longer_one(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    struct lease shorter = honest_renewal(1, "2026-11-23T00:00:00Z");
    shorter.expires = shorter.issued + DAY;
    shorter.renew_after = DAY;
    forge_lease(&forge, &shorter);
    const struct lease fifth = honest_renewal(5, "2026-11-25T00:00:00Z");
    forge_lease(&forge, &fifth);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 5, ERR_AUDIT_SEATS);
}

/* Hosts that invent releases, and two machines on one seat */

static void a_release_invented_by_the_host_is_found_and_frees_no_seat(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    const struct released released = honest_release(1, "2026-12-01T00:00:00Z");
    forge_released(&forge, &released);
    forge_spoil(&forge, 4);
    const struct lease fifth = honest_renewal(5, "2026-12-01T00:00:00Z");
    forge_lease(&forge, &fifth);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 2);
    assert_int_equal(audit->findings[0].index, 4);
    assert_int_equal(audit->findings[0].code, ERR_AUDIT_REQUEST);
    assert_int_equal(audit->findings[1].index, 5);
    assert_int_equal(audit->findings[1].code, ERR_AUDIT_SEATS);
}

static void a_release_of_nothing_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    struct released released = honest_release(2, "2026-12-01T00:00:00Z"); /* never had a lease */
    forge_released(&forge, &released);
    released = honest_release(1, "2026-12-02T00:00:00Z");
    forge_released(&forge, &released);
    released.release.number++;
    forge_released(&forge, &released); /* twice */
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 2);
    assert_int_equal(audit->findings[0].index, 1);
    assert_int_equal(audit->findings[0].code, ERR_AUDIT_RELEASE);
    assert_int_equal(audit->findings[1].index, 3);
    assert_int_equal(audit->findings[1].code, ERR_AUDIT_RELEASE);
}

static void a_release_of_an_unknown_license_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    struct released released = honest_release(2, "2026-12-01T00:00:00Z");
    (void)snprintf(released.release.license, sizeof released.release.license, "lic-2026-0002");
    forge_released(&forge, &released);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 0, ERR_AUDIT_LICENSE_UNKNOWN);
}

static void two_machines_under_one_id_are_found_by_their_hardware(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 2);
    struct lease renewal = honest_renewal(1, "2026-11-29T09:00:00Z");
    renewal.request.hardware.digests[0].digest[5] ^= 1;
    renewal.request.hardware.digests[1].digest[5] ^= 1;
    forge_lease(&forge, &renewal);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 2, ERR_AUDIT_HARDWARE);
}

/* Then its seat is nobody's, and the key may go to another computer. */
static void a_key_may_be_of_another_machine_once_its_lease_is_given_back_or_over(void **state)
{
    (void)state;
    for (int given_back = 0; given_back < 2; given_back++) {
        CLEANUP_FORGE struct forge forge = {0};
        struct lease later = honest_renewal(1, "2026-11-29T09:00:00Z");
        forge_honest(&forge, 1, 2);
        if (given_back) {
            const struct released released = honest_release(1, "2026-11-28T00:00:00Z");
            forge_released(&forge, &released);
            later.request.number = released.release.number + 1;
        } else {
            issue_at(&later, sample_time("2027-06-30T00:00:00Z"));
        }
        later.request.hardware.digests[0].digest[5] ^= 1;
        later.request.hardware.digests[1].digest[5] ^= 1;
        forge_lease(&forge, &later);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        assert_int_equal(audit->finding_count, 0);
    }
}

static void a_leaf_that_is_no_lease_is_found(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "aval lease v1\n", SAMPLE_RELEASE, SAMPLE_LEASE "\n", SAMPLE_RELEASED "x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 1);
        forge_text(&forge, texts[i]);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        assert_one_finding(audit, 1, ERR_AUDIT_LEAF);
    }
}

static void findings_beyond_those_kept_are_counted(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    for (size_t i = 0; i < FINDINGS_KEPT + 5; i++)
        forge_text(&forge, "nonsense\n");
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, FINDINGS_KEPT + 5);
    assert_int_equal(audit->findings[FINDINGS_KEPT - 1].index, FINDINGS_KEPT - 1);
}

/* The true-up */

#define HEADER "month,license,customer,product,edition,machines,peak,outstanding,seats,overage,test\r\n"
#define ROW    ",lic-2026-0001,\"Universität Beispiel\",studio,pro,"

static void the_true_up_counts_machines_seats_leases_and_overage_of_each_month(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    struct released released = honest_release(1, "2026-11-30T23:59:59Z");
    forge_released(&forge, &released);
    struct lease lease = honest_renewal(5, "2026-11-30T23:59:59Z"); /* a fifth machine on the fourth seat */
    forge_lease(&forge, &lease);
    released = honest_release(2, "2026-12-15T00:00:00Z");
    forge_released(&forge, &released);
    lease = honest_renewal(2, "2026-12-16T00:00:00Z"); /* the same again: counted once */
    forge_lease(&forge, &lease);
    released = honest_release(3, "2027-01-01T00:00:00Z"); /* held a seat in the first second of the month no more */
    forge_released(&forge, &released);
    lease = honest_renewal(4, "2027-03-01T00:00:00Z");
    forge_lease(&forge, &lease);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
    assert_string_equal(last_true_up, HEADER "2026-11" ROW "5,4,5,3,1,no\r\n"
                                             "2026-12" ROW "4,4,5,3,1,no\r\n"
                                             "2027-01" ROW "4,4,5,3,1,no\r\n"
                                             "2027-02" ROW "3,3,5,3,0,no\r\n"
                                             "2027-03" ROW "3,3,5,3,0,no\r\n");
}

/* A lease that the license allows, shorter than it might be. */
static struct lease short_lease(unsigned n, const char *time, seconds length)
{
    struct lease lease = honest_renewal(n, time);
    lease.expires = lease.issued + length;
    return lease;
}

static void a_lease_given_back_is_outstanding_until_it_ends(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 2); /* until 2027-05-21 */
    const struct released released = honest_release(1, "2026-11-23T00:00:00Z");
    forge_released(&forge, &released);
    const struct lease shorter = short_lease(1, "2027-01-01T00:00:00Z", 10 * DAY); /* ends before the one given back */
    forge_lease(&forge, &shorter);
    for (unsigned n = 3; n <= 4; n++) {
        const struct lease late = short_lease(n, "2027-05-25T00:00:00Z", 8 * DAY);
        forge_lease(&forge, &late);
    }
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
    assert_string_equal(last_true_up, HEADER "2026-11" ROW "2,2,2,3,0,no\r\n"
                                             "2026-12" ROW "1,1,2,3,0,no\r\n"
                                             "2027-01" ROW "2,2,2,3,0,no\r\n"
                                             "2027-02" ROW "1,1,2,3,0,no\r\n"
                                             "2027-03" ROW "1,1,2,3,0,no\r\n"
                                             "2027-04" ROW "1,1,2,3,0,no\r\n"
                                             "2027-05" ROW "3,2,2,3,0,no\r\n");
}

static void a_month_without_a_lease_is_not_in_the_true_up_one_without_a_seat_is(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    const struct lease first = short_lease(1, "2026-11-22T09:00:00Z", 30 * DAY);
    forge_lease(&forge, &first);
    const struct released released = honest_release(1, "2026-11-23T00:00:00Z");
    forge_released(&forge, &released);
    const struct lease lease = honest_renewal(2, "2027-02-02T00:00:00Z");
    forge_lease(&forge, &lease);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
    assert_string_equal(last_true_up, HEADER "2026-11" ROW "1,1,1,3,0,no\r\n"
                                             "2026-12" ROW "0,0,1,3,0,no\r\n"
                                             "2027-02" ROW "1,1,1,3,0,no\r\n");
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_that_the_license_does_not_allow_is_found),
        cmocka_unit_test(a_lease_longer_than_the_license_allows_is_found_with_license_and_machine),
        cmocka_unit_test(a_long_lease_for_too_little_hardware_is_found),
        cmocka_unit_test(a_lease_that_outlives_its_license_is_found),
        cmocka_unit_test(leaves_dated_ahead_are_told_and_accuse_nobody),
        cmocka_unit_test(a_backdated_lease_is_found_and_the_honest_ones_behind_it_are_not),
        cmocka_unit_test(a_seat_issued_beyond_the_license_is_found),
        cmocka_unit_test(a_shorter_lease_does_not_free_the_seat_of_a_longer_one),
        cmocka_unit_test(a_release_invented_by_the_host_is_found_and_frees_no_seat),
        cmocka_unit_test(a_release_of_nothing_is_found),
        cmocka_unit_test(a_release_of_an_unknown_license_is_found),
        cmocka_unit_test(two_machines_under_one_id_are_found_by_their_hardware),
        cmocka_unit_test(a_key_may_be_of_another_machine_once_its_lease_is_given_back_or_over),
        cmocka_unit_test(a_leaf_that_is_no_lease_is_found),
        cmocka_unit_test(findings_beyond_those_kept_are_counted),
        cmocka_unit_test(the_true_up_counts_machines_seats_leases_and_overage_of_each_month),
        cmocka_unit_test(a_lease_given_back_is_outstanding_until_it_ends),
        cmocka_unit_test(a_month_without_a_lease_is_not_in_the_true_up_one_without_a_seat_is),
    };
    return cmocka_run_group_tests_name("audit_leaves", tests, start, NULL);
}
