/* The vendor's audit of licenses that take the place of others, and of several for the same. */
#include "base/secret.h"
#include "ledger_forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BEGINS "2027-01-01T00:00:00Z"

/* With 2 seats and no overage, from BEGINS on. */
static struct license following(void)
{
    struct license license = forged_license();
    const char *const before = "lic-2026-0001";
    strcpy(license.id, "lic-2027-0001");
    license.seats = 2;
    license.overage = 0;
    license.issued++;
    license.not_before = sample_time(BEGINS);
    assert_true(is_ok(license_add_replaced(&license, slice_of(before))));
    return license;
}

static void lend(struct forge *forge, unsigned n, const struct license *license, const char *time)
{
    struct lease lease = honest_lease(n);
    issue_at(&lease, sample_time(time));
    issue_under(&lease, license);
    forge_lease(forge, &lease);
}

static struct audit *audit_with(const struct forge *forge, const struct license *more)
{
    enum { EXPORT_SIZE = FORGED_MAX };
    CLEANUP_BUFFER struct buffer export = buffer_make(EXPORT_SIZE);
    const struct trial trial = {.more = more};
    struct audit *audit = NULL;
    forge_export(forge, 0, forge->count, &export);
    assert_true(is_ok(audit_export(buffer_slice(&export), &trial, &audit)));
    return audit;
}

static void machines_and_seats_become_those_of_the_license_that_follows(void **state)
{
    (void)state;
    const struct license new = following();
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 3);
    lend(&forge, 1, &new, "2027-01-10T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
    assert_int_equal(audit->finding_count, 0); /* that they are more than its seats is none */
    assert_non_null(strstr(last_true_up, "2026-12,lic-2026-0001,"));
    assert_non_null(strstr(last_true_up, "2027-01,lic-2027-0001,"));
    assert_null(strstr(last_true_up, "2027-01,lic-2026-0001,"));
    assert_null(strstr(last_true_up, "2026-12,lic-2027-0001,"));
    assert_non_null(strstr(last_true_up, ",3,3,3,2,1,no\r\n")); /* machines, peak, outstanding, seats, beyond them */
}

static void nobody_else_gets_a_seat_while_they_are_more(void **state)
{
    (void)state;
    const struct license old = forged_license();
    const struct license new = following();
    for (int i = 0; i < 2; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 4);
        lend(&forge, 5, i == 0 ? &new : &old, "2027-01-10T00:00:00Z");
        CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
        assert_one_finding(audit, 4, ERR_AUDIT_SEATS);
    }
}

/* A host that got the new one late; what it gives counts for the new one all the same. */
static void the_license_before_goes_on_where_the_host_did_not_have_the_next_yet(void **state)
{
    (void)state;
    const struct license old = forged_license();
    const struct license new = following();
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 3);
    lend(&forge, 4, &old, "2027-01-10T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
    assert_int_equal(audit->finding_count, 0);
    assert_non_null(strstr(last_true_up, "2027-01,lic-2027-0001,"));
    assert_non_null(strstr(last_true_up, ",4,4,4,2,2,no\r\n"));
}

static void a_release_of_a_lease_under_the_license_before_frees_the_seat(void **state)
{
    (void)state;
    const struct license new = following();
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 2);
    const struct released released = honest_release(1, "2027-01-09T00:00:00Z");
    forge_released(&forge, &released);
    lend(&forge, 5, &new, "2027-01-10T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
    assert_int_equal(audit->finding_count, 0);
}

static void a_machine_that_gets_a_lease_under_another_license_leaves_its_seat(void **state)
{
    (void)state;
    const struct license old = forged_license();
    struct license other = forged_license();
    strcpy(other.id, "lic-2026-0005");
    for (int i = 0; i < 2; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 4);
        if (i == 0)
            lend(&forge, 1, &other, "2026-12-10T00:00:00Z");
        lend(&forge, 5, &old, "2026-12-11T00:00:00Z");
        CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &other);
        if (i == 0)
            assert_int_equal(audit->finding_count, 0);
        else
            assert_one_finding(audit, 4, ERR_AUDIT_SEATS);
    }
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_and_seats_become_those_of_the_license_that_follows),
        cmocka_unit_test(nobody_else_gets_a_seat_while_they_are_more),
        cmocka_unit_test(the_license_before_goes_on_where_the_host_did_not_have_the_next_yet),
        cmocka_unit_test(a_release_of_a_lease_under_the_license_before_frees_the_seat),
        cmocka_unit_test(a_machine_that_gets_a_lease_under_another_license_leaves_its_seat),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
