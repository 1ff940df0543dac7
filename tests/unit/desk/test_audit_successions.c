/* The vendor's audit of licenses that take the place of others, and of several for the same. */
#include "audit_files.h"
#include "base/secret.h"

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

/* Their leases have ended in the same month, before the other license took the place. */
static void machines_whose_seats_had_ended_before_are_counted_where_they_get_some_again(void **state)
{
    (void)state;
    struct license new = following();
    CLEANUP_FORGE struct forge forge = {0};
    new.not_before = sample_time("2027-01-20T00:00:00Z");
    for (unsigned n = 1; n <= 2; n++) {
        struct lease lease = honest_lease(n);
        lease.expires = sample_time("2027-01-15T00:00:00Z");
        forge_lease(&forge, &lease);
    }
    lend(&forge, 1, &new, "2027-01-25T00:00:00Z");
    struct released released = honest_release(1, "2027-01-26T00:00:00Z");
    strcpy(released.release.license, new.id);
    forge_released(&forge, &released);
    lend(&forge, 2, &new, "2027-01-27T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
    assert_int_equal(audit->finding_count, 0);
    const char *const row = strstr(last_true_up, "2027-01,lic-2027-0001,");
    assert_non_null(row);
    assert_non_null(strstr(row, ",2,1,2,2,0,no\r\n")); /* machines, peak, outstanding, seats, beyond them */
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

static void a_machine_that_had_a_lease_of_the_license_before_has_renewed(void **state)
{
    (void)state;
    struct license new = following();
    new.has_first_lease = true;
    new.first_lease = 30 * DAY;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    lend(&forge, 1, &new, "2027-01-10T00:00:00Z");
    lend(&forge, 2, &new, "2027-01-11T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
    assert_one_finding(audit, 2, ERR_AUDIT_DATES);
}

/* Its seat was taken back, and it still has the lease: a first one may end with that, and no later. */
static void a_first_lease_may_end_with_the_one_that_the_machine_has(void **state)
{
    (void)state;
    struct license new = following();
    new.has_first_lease = true;
    new.first_lease = 30 * DAY;
    for (int later = 0; later < 2; later++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 1);
        lend(&forge, 1, &new, "2027-01-10T00:00:00Z");
        struct reclaimed reclaimed = honest_reclaim(1, 1, "2027-01-11T00:00:00Z");
        strcpy(reclaimed.license, new.id);
        forge_reclaimed(&forge, &reclaimed);
        struct lease lease = honest_lease(1);
        issue_at(&lease, sample_time("2027-01-12T00:00:00Z"));
        issue_under(&lease, &new);
        lease.expires = sample_time("2027-01-10T00:00:00Z") + new.lease + later;
        forge_lease(&forge, &lease);
        CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
        if (later == 0)
            assert_int_equal(audit->finding_count, 0);
        else
            assert_one_finding(audit, 3, ERR_AUDIT_DATES);
    }
}

/* Under the old one three releases are allowed, under the new one none. */
static void a_seat_that_moved_comes_back_by_what_the_named_license_allows(void **state)
{
    (void)state;
    struct license new = following();
    new.seats = 4;
    new.has_releases = true;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    const struct released old = honest_release(1, "2027-01-09T00:00:00Z");
    forge_released(&forge, &old);
    lend(&forge, 5, &new, "2027-01-10T00:00:00Z");
    lend(&forge, 2, &new, "2027-01-10T00:00:00Z");
    struct released released = honest_release(2, "2027-01-11T00:00:00Z");
    strcpy(released.release.license, new.id);
    forge_released(&forge, &released);
    lend(&forge, 6, &new, "2027-01-12T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_with(&forge, &new);
    assert_one_finding(audit, 8, ERR_AUDIT_SEATS);
}

/* Two of four are of leaves that are lost, and their host need not know of them. */
static void seats_in_doubt_are_so_under_the_license_that_follows(void **state)
{
    const struct files *files = *state;
    struct license new = following();
    new.seats = 4;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&whole, 1, 4);
    const struct epoch epoch = epoch_after(&whole, 2, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    forge_epoch(&after, &epoch);
    for (unsigned n = 5; n <= 7; n++)
        lend(&after, n, &new, "2027-01-10T00:00:00Z");
    audit_honest(&whole, 0, 4, &(struct trial){.keep = files->first, .more = &new});
    CLEANUP_AUDIT struct audit *audit =
        audited(&after, 0, 4, &(struct trial){.last_epoch = files->first, .more = &new});
    assert_one_finding(audit, 3, ERR_AUDIT_SEATS);
}

/* The lease under another license is lost, and with it that the machine has left its seat. */
static void a_host_need_not_know_that_a_seat_was_left_with_a_lost_leaf(void **state)
{
    const struct files *files = *state;
    struct license other = forged_license();
    strcpy(other.id, "lic-2026-0005");
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&whole, 1, 2);
    lend(&whole, 1, &other, "2026-11-25T00:00:00Z");
    const struct epoch epoch = epoch_after(&whole, 2, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    const struct released released = honest_release(1, "2026-12-02T00:00:00Z");
    forge_epoch(&after, &epoch);
    forge_released(&after, &released);
    audit_honest(&whole, 0, 3, &(struct trial){.keep = files->first, .more = &other});
    CLEANUP_AUDIT struct audit *audit =
        audited(&after, 0, 2, &(struct trial){.last_epoch = files->first, .more = &other});
    assert_int_equal(audit->finding_count, 0);
}

/* One seat of the other license may come back: that of machine 1, since of machine 2's nothing was left to its host. */
static void a_seat_by_a_lost_leaf_is_none_that_may_come_back(void **state)
{
    const struct files *files = *state;
    const struct license old = forged_license();
    struct license other = forged_license();
    strcpy(other.id, "lic-2026-0005");
    other.seats = 2;
    other.overage = 0;
    other.has_releases = true;
    other.releases = 1;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    lend(&whole, 1, &other, "2026-11-24T00:00:00Z");
    lend(&whole, 2, &other, "2026-11-25T00:00:00Z");
    const struct epoch epoch = epoch_after(&whole, 1, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    forge_epoch(&after, &epoch);
    lend(&after, 2, &old, "2026-12-02T00:00:00Z");
    lend(&after, 1, &old, "2026-12-03T00:00:00Z");
    lend(&after, 5, &other, "2026-12-04T00:00:00Z");
    lend(&after, 6, &other, "2026-12-05T00:00:00Z");
    audit_honest(&whole, 0, 2, &(struct trial){.keep = files->first, .more = &other});
    CLEANUP_AUDIT struct audit *audit =
        audited(&after, 0, 5, &(struct trial){.last_epoch = files->first, .more = &other});
    assert_int_equal(audit->finding_count, 0);
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
        cmocka_unit_test(machines_whose_seats_had_ended_before_are_counted_where_they_get_some_again),
        cmocka_unit_test(nobody_else_gets_a_seat_while_they_are_more),
        cmocka_unit_test(the_license_before_goes_on_where_the_host_did_not_have_the_next_yet),
        cmocka_unit_test(a_release_of_a_lease_under_the_license_before_frees_the_seat),
        cmocka_unit_test(a_machine_that_gets_a_lease_under_another_license_leaves_its_seat),
        cmocka_unit_test(a_machine_that_had_a_lease_of_the_license_before_has_renewed),
        cmocka_unit_test(a_first_lease_may_end_with_the_one_that_the_machine_has),
        cmocka_unit_test(a_seat_that_moved_comes_back_by_what_the_named_license_allows),
        WITH_FILES(seats_in_doubt_are_so_under_the_license_that_follows),
        WITH_FILES(a_host_need_not_know_that_a_seat_was_left_with_a_lost_leaf),
        WITH_FILES(a_seat_by_a_lost_leaf_is_none_that_may_come_back),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
