/* The vendor's audit of seats that operators take back from machines that are gone. */
#include "audit_files.h"
#include "base/secret.h"
#include "ledger_forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void reclaim(struct forge *forge, unsigned n, uint64_t index, const char *time)
{
    const struct reclaimed reclaimed = honest_reclaim(n, index, time);
    forge_reclaimed(forge, &reclaimed);
}

/* As an honest host gives it, at that time. */
static void lend(struct forge *forge, unsigned n, const char *time)
{
    struct lease lease = honest_lease(n);
    issue_at(&lease, sample_time(time));
    forge_lease(forge, &lease);
}

static void a_seat_that_was_reclaimed_is_free(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4); /* all seats, and the overage */
    reclaim(&forge, 2, 1, "2026-12-01T00:00:00Z");
    lend(&forge, 5, "2026-12-01T00:00:01Z");
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
    assert_int_equal(audit->reclaims, 1);
    assert_int_equal(audit->leases, 5);
}

static void exactly_the_lease_that_is_held_is_ended(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        struct reclaimed reclaimed = honest_reclaim(2, 1, "2026-12-01T00:00:00Z");
        forge_honest(&forge, 1, 4);
        uint64_t at = 4;
        if (i == 0)
            reclaimed.lease_index = 0; /* another machine's */
        if (i == 1)
            (void)snprintf(reclaimed.lease_origin, sizeof reclaimed.lease_origin, "%s", PAIRED_ORIGIN);
        if (i == 2)
            strcat(reclaimed.lease_origin, "/epoch-2");
        if (i == 3) { /* one that was never there */
            const struct lease other = honest_lease(9);
            reclaimed.machine_key = other.request.machine_key;
            reclaimed.machine = other.request.machine;
        }
        if (i == 4) { /* renewed since */
            const struct lease renewal = honest_renewal(2, "2026-11-30T00:00:00Z");
            forge_lease(&forge, &renewal);
            at++;
        }
        if (i == 5) { /* given back */
            const struct released released = honest_release(2, "2026-11-30T00:00:00Z");
            forge_released(&forge, &released);
            at++;
        }
        forge_reclaimed(&forge, &reclaimed);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        assert_one_finding(audit, at, ERR_AUDIT_RECLAIM);
        assert_string_equal(audit->findings[0].license, "lic-2026-0001");
    }
}

static void more_than_the_license_allows_within_thirty_days_free_no_seat(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    reclaim(&forge, 1, 0, "2026-12-01T00:00:00Z"); /* the license does not say, so two are allowed */
    reclaim(&forge, 2, 1, "2026-12-02T00:00:00Z");
    reclaim(&forge, 3, 2, "2026-12-03T00:00:00Z");
    lend(&forge, 5, "2026-12-04T00:00:00Z");
    lend(&forge, 6, "2026-12-05T00:00:00Z");
    lend(&forge, 7, "2026-12-06T00:00:00Z"); /* has no seat */
    reclaim(&forge, 4, 3, "2027-01-01T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 9, ERR_AUDIT_SEATS);
}

/* An honest host holds it until then, and no longer. */
static void a_seat_reclaimed_beyond_that_is_free_when_its_lease_ends(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    reclaim(&forge, 1, 0, "2026-12-01T00:00:00Z");
    reclaim(&forge, 2, 1, "2026-12-02T00:00:00Z");
    reclaim(&forge, 3, 2, "2026-12-03T00:00:00Z");
    reclaim(&forge, 3, 2, "2027-01-01T00:00:01Z"); /* once more, when there is room for it */
    lend(&forge, 5, "2027-01-02T00:00:00Z");
    lend(&forge, 6, "2027-01-02T00:00:00Z");
    lend(&forge, 7, "2027-01-02T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
}

/* Three seats and one beyond them, so that three releases are allowed. */
static void more_releases_than_the_license_allows_free_no_seat(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    for (unsigned n = 1; n <= 4; n++) {
        const struct released released = honest_release(n, "2026-12-01T00:00:00Z");
        forge_released(&forge, &released);
    }
    for (unsigned n = 5; n <= 7; n++)
        lend(&forge, n, "2026-12-02T00:00:00Z");
    lend(&forge, 8, "2026-12-03T00:00:00Z"); /* the fourth was one more than the license allows */
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 11, ERR_AUDIT_SEATS);
}

/* The host was set up again from a copy that had two leaves, and knows nothing of what came after: of the lease that
 * machine 2 got later, nor that the seat of machine 1 was reclaimed before. Without a copy nothing excuses it. */
static void what_ended_a_seat_in_lost_leaves_accuses_nobody(void **state)
{
    const struct files *files = *state;
    for (int lost = 0; lost < 2; lost++) {
        CLEANUP_FORGE struct forge whole = {0};
        CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
        forge_honest(&whole, 1, 2);
        struct epoch epoch = epoch_after(&whole, 2, SECOND_EPOCH, "2026-12-03T00:00:00Z");
        epoch.why = EPOCH_RESTORED;
        forge_epoch(&after, &epoch);
        lend(&whole, 2, "2026-12-01T00:00:00Z");
        reclaim(&whole, 1, 0, "2026-12-02T00:00:00Z");
        audit_honest(&whole, 0, 4, &(struct trial){.keep = files->first});
        struct forge *const again = lost ? &after : &whole;
        reclaim(again, 1, 0, "2026-12-04T00:00:00Z");
        reclaim(again, 2, 1, "2026-12-04T00:00:00Z");
        const struct trial trial = {.last_epoch = lost ? files->first : NULL, .kept = lost ? NULL : files->first};
        CLEANUP_AUDIT struct audit *audit = audited(again, lost ? 0 : 4, lost ? 3 : 6, &trial);
        assert_int_equal(audit->finding_count, lost ? 0 : 2);
    }
}

/* A license with a length of its own for first leases, and what machine 1 got of it, or gets once it has renewed. */
static struct license first_lease_license(void)
{
    struct license license = forged_license();
    strcpy(license.id, "lic-2026-first");
    license.has_first_lease = true;
    license.first_lease = 30 * DAY;
    return license;
}

static void forge_under(struct forge *forge, struct lease lease, const struct license *license, seconds length)
{
    issue_under(&lease, license);
    lease.expires = lease.issued + length;
    forge_lease(forge, &lease);
}

enum then { IT_RELEASES, IT_RENEWS, IT_COMES_BACK /* after its lease has ended */ };

/* What machine 1 does after its seat was reclaimed. */
static void forge_then(struct forge *forge, enum then then, const struct license *license)
{
    struct released released = honest_release(1, "2026-12-04T00:00:00Z");
    strcpy(released.release.license, license->id);
    if (then == IT_RELEASES)
        forge_released(forge, &released);
    else
        forge_under(forge, honest_renewal(1, then == IT_RENEWS ? "2026-12-04T00:00:00Z" : "2027-01-10T00:00:00Z"),
                    license, license->lease);
}

/* The host was set up again from a copy of before the reclaim, and goes on with the seat: it takes the machine's
 * release, and gives it a lease that is not a first one. Without a copy nothing excuses either; nor does one once the
 * lease would have ended by itself, as it did for the host. */
static void who_lost_a_reclaim_goes_on_with_the_seat(void **state)
{
    static const enum error_code FOUND[] = {
        [IT_RELEASES] = ERR_AUDIT_RELEASE, [IT_RENEWS] = ERR_AUDIT_DATES, [IT_COMES_BACK] = ERR_AUDIT_DATES};
    const struct files *files = *state;
    const struct license license = first_lease_license();
    for (int i = 0; i < 6; i++) {
        const enum then then = (enum then)(i / 2);
        const bool lost = i % 2 == 1;
        CLEANUP_FORGE struct forge whole = {0};
        CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
        struct reclaimed reclaimed = honest_reclaim(1, 0, "2026-12-02T00:00:00Z");
        strcpy(reclaimed.license, license.id);
        forge_under(&whole, honest_lease(1), &license, license.first_lease);
        struct epoch epoch = epoch_after(&whole, 1, SECOND_EPOCH, "2026-12-03T00:00:00Z");
        epoch.why = EPOCH_RESTORED;
        forge_epoch(&after, &epoch);
        forge_reclaimed(&whole, &reclaimed);
        audit_honest(&whole, 0, 2, &(struct trial){.keep = files->first, .more = &license});
        forge_then(lost ? &after : &whole, then, &license);
        const struct trial trial = {
            .last_epoch = lost ? files->first : NULL, .kept = lost ? NULL : files->first, .more = &license};
        CLEANUP_AUDIT struct audit *audit = audited(lost ? &after : &whole, lost ? 0 : 2, lost ? 2 : 3, &trial);
        if (lost && then != IT_COMES_BACK)
            assert_int_equal(audit->finding_count, 0);
        else
            assert_one_finding(audit, lost ? 1 : 2, FOUND[then]);
    }
}

/* The desk was shown all but the last leaf of the epoch before, and that is the one that is named. */
static void a_lease_in_a_leaf_that_was_not_shown_may_be_reclaimed(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&whole, 1, 2);
    audit_honest(&whole, 0, 2, &(struct trial){.keep = files->first});
    lend(&whole, 2, "2026-12-01T00:00:00Z");
    const struct epoch epoch = epoch_after(&whole, 3, SECOND_EPOCH, "2026-12-03T00:00:00Z");
    forge_epoch(&after, &epoch);
    reclaim(&after, 2, 2, "2026-12-04T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audited(&after, 0, 2, &(struct trial){.last_epoch = files->first});
    assert_int_equal(audit->finding_count, 0);
}

static void a_reclaim_of_an_unknown_license_or_before_its_time_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    struct reclaimed reclaimed = honest_reclaim(1, 0, "2026-12-01T00:00:00Z");
    forge_honest(&forge, 1, 1);
    memcpy(reclaimed.license, "lic-2026-0099", 14);
    forge_reclaimed(&forge, &reclaimed);
    reclaim(&forge, 1, 0, "2026-11-30T00:00:00Z");
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 2);
    assert_int_equal(audit->findings[0].code, ERR_AUDIT_LICENSE_UNKNOWN);
    assert_int_equal(audit->findings[1].code, ERR_AUDIT_TIMES);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seat_that_was_reclaimed_is_free),
        cmocka_unit_test(exactly_the_lease_that_is_held_is_ended),
        cmocka_unit_test(more_than_the_license_allows_within_thirty_days_free_no_seat),
        cmocka_unit_test(a_seat_reclaimed_beyond_that_is_free_when_its_lease_ends),
        cmocka_unit_test(more_releases_than_the_license_allows_free_no_seat),
        WITH_FILES(what_ended_a_seat_in_lost_leaves_accuses_nobody),
        WITH_FILES(who_lost_a_reclaim_goes_on_with_the_seat),
        WITH_FILES(a_lease_in_a_leaf_that_was_not_shown_may_be_reclaimed),
        cmocka_unit_test(a_reclaim_of_an_unknown_license_or_before_its_time_is_found),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
