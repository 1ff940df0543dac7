/* What machines signed, as the vendor's audit reads it: their signatures, their numbers, and what they have seen. */
#include "audit_files.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Signatures */

static void a_request_that_its_machine_did_not_sign_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 3);
    forge_spoil(&forge, 1);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 1, ERR_AUDIT_REQUEST);
    assert_string_equal(audit->findings[0].machine, forged_machine(2));
    assert_string_equal(audit->findings[0].words, "the machine's signature does not hold");
}

/* So that nobody can be made to look like two machines with one key. */
static void what_a_machine_did_not_sign_says_nothing_of_its_numbers_nor_of_what_it_has_seen(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    struct lease invented = honest_renewal(1, "2026-11-29T09:00:00Z");
    invented.request.number = INT64_MAX;
    invented.request.seen.size = 5;
    forge_lease(&forge, &invented);
    forge_spoil(&forge, 1);
    const struct lease honest = honest_renewal(1, "2026-11-30T09:00:00Z");
    forge_lease(&forge, &honest);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 1, ERR_AUDIT_REQUEST);
}

static void a_release_that_its_machine_did_not_sign_or_that_another_host_was_asked_is_found(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = sample_key("kms.uni.example/acme.example", OTHER_HOST_SEED);
    for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 1);
        struct released released = honest_release(1, "2026-12-01T00:00:00Z");
        if (elsewhere != 0)
            released.release.host_key = *signing_key_verifier(key);
        forge_released(&forge, &released);
        if (elsewhere == 0)
            forge_spoil(&forge, 1);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        assert_one_finding(audit, 1, ERR_AUDIT_REQUEST);
        assert_string_equal(audit->findings[0].machine, forged_machine(1));
    }
}

/* Hosts that made their key anew */

static void a_ledger_holds_what_its_own_key_was_asked(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = sample_key("kms.uni.example/acme.example", OTHER_HOST_SEED);
    const struct trial trial = {.key = signing_key_verifier(key)};
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    struct lease lease = honest_lease(2);
    lease.request.host_key = *signing_key_verifier(key);
    forge_lease(&forge, &lease); /* the license is not for it */
    forge_honest(&forge, 3, 1);
    CLEANUP_AUDIT struct audit *audit = audited(&forge, 0, 3, &trial);
    assert_one_finding(audit, 1, ERR_AUDIT_REQUEST);
    assert_said(audit, "which is not the license's");
    /* Both leaves were meant for the license's key, and another one that is trusted too signed the ledger. */
    CLEANUP_FORGE struct forge taken = {0};
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *second = NULL;
    forge_honest(&taken, 1, 2);
    const struct checkpoint checkpoint = forged_checkpoint(&taken, 2);
    forge_sign(&checkpoint, OTHER_HOST_SEED, &note);
    forge_export_with(&taken, 0, 2, buffer_slice(&note), &file);
    assert_true(is_ok(audit_export(buffer_slice(&file), &trial, &second)));
    assert_one_finding(second, 0, ERR_AUDIT_REQUEST);
}

/* Times */

static void a_file_of_a_month_may_be_answered_where_the_lease_says_so(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    struct lease lease = honest_lease(1);
    lease.offline = true;
    lease.request.time = lease.issued - 30 * DAY;
    forge_lease(&forge, &lease);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
}

static void a_release_kept_back_is_found(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    struct released released = honest_release(1, "2026-12-01T00:00:00Z");
    released.release.time -= 4 * HOUR;
    forge_released(&forge, &released);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 1, ERR_AUDIT_TIMES);
}

/* Numbers */

static void a_number_that_is_not_above_the_last_is_found(void **state)
{
    (void)state;
    for (uint64_t less = 0; less < 2; less++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 2);
        struct lease again = honest_renewal(1, "2026-11-29T09:00:00Z");
        again.request.number = honest_lease(1).request.number - less;
        forge_lease(&forge, &again);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        assert_one_finding(audit, 2, ERR_AUDIT_NUMBER);
        assert_string_equal(audit->findings[0].machine, forged_machine(1));
    }
}

static void gaps_between_numbers_are_fine_and_machines_count_for_themselves(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    for (unsigned i = 0; i < 6; i++) {
        struct lease lease = honest_renewal(1 + i % 3, "2026-11-29T09:00:00Z");
        lease.request.number = i < 3 ? 100 - 10 * (uint64_t)i : 1000 * (uint64_t)i;
        forge_lease(&forge, &lease);
    }
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
}

static void numbers_go_up_across_licenses_and_editions_of_a_product_but_not_across_products(void **state)
{
    (void)state;
    const struct license licenses[] = {forged_edition(), forged_product()};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 1);
        struct lease lease = honest_renewal(1, "2026-11-29T09:00:00Z");
        issue_under(&lease, &licenses[i]);
        lease.request.number = 1;
        forge_lease(&forge, &lease);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        if (i == 0)
            assert_one_finding(audit, 1, ERR_AUDIT_NUMBER);
        else
            assert_int_equal(audit->finding_count, 0);
    }
}

static void a_release_takes_its_number_in_the_order_too(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    const struct released released = honest_release(1, "2026-12-01T00:00:00Z");
    forge_released(&forge, &released);
    struct lease again = honest_renewal(1, "2026-12-02T00:00:00Z");
    again.request.number = released.release.number - 1;
    forge_lease(&forge, &again);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 2, ERR_AUDIT_NUMBER);
}

/* The machine was set back to what it had before its lease, and its host had forgotten it: 30 days after both its last
 * request and the end of its seat. A second earlier no host has. */
static void a_number_of_a_machine_that_was_forgotten_may_come_again(void **state)
{
    (void)state;
    static const char *const again_at[] = {"2026-12-31T00:00:00Z", "2026-12-31T00:00:01Z"};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 1);
        const struct released released = honest_release(1, "2026-12-01T00:00:00Z");
        forge_released(&forge, &released);
        struct lease again = honest_renewal(1, again_at[i]);
        again.request.number = 5;
        forge_lease(&forge, &again);
        struct lease later = honest_renewal(1, "2027-01-05T00:00:00Z");
        later.request.number = i == 0 ? released.release.number + 1 : 6;
        forge_lease(&forge, &later);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        if (i == 0)
            assert_one_finding(audit, 2, ERR_AUDIT_NUMBER);
        else
            assert_int_equal(audit->finding_count, 0);
    }
}

/* While it holds a seat it is known. */
static void a_number_of_a_machine_that_holds_a_seat_never_comes_again(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    struct lease again = honest_renewal(1, "2027-05-01T00:00:00Z");
    again.request.number = honest_lease(1).request.number - 1;
    forge_lease(&forge, &again);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 1, ERR_AUDIT_NUMBER);
}

static void an_old_release_does_not_end_a_younger_lease(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    struct released released = honest_release(1, "2026-12-01T00:00:00Z");
    released.release.number = honest_lease(1).request.number - 1;
    forge_released(&forge, &released);
    const struct lease fifth = honest_renewal(5, "2026-12-02T00:00:00Z");
    forge_lease(&forge, &fifth);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 3);
    assert_int_equal(audit->findings[0].code, ERR_AUDIT_NUMBER);
    assert_int_equal(audit->findings[1].code, ERR_AUDIT_RELEASE);
    assert_int_equal(audit->findings[2].code, ERR_AUDIT_SEATS); /* the seat was not free */
    assert_int_equal(audit->findings[2].index, 5);
}

static void of_a_machine_that_is_known_in_part_the_numbers_are_still_held_against_each_other(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    const struct released released = honest_release(1, "2026-12-01T00:00:00Z");
    forge_released(&forge, &released);
    struct lease again = honest_renewal(1, "2026-12-02T00:00:00Z");
    again.request.number = released.release.number;
    forge_lease(&forge, &again);
    const struct checkpoint previous = forged_checkpoint(&forge, 1);
    CLEANUP_AUDIT struct audit *audit = audited(&forge, 1, 3, &(struct trial){.previous = &previous});
    assert_true(audit->partial);
    assert_one_finding(audit, 2, ERR_AUDIT_NUMBER);
}

/* What machines have seen of this ledger */

static void what_machines_have_seen_of_the_ledger_agrees_with_it_at_every_size(void **state)
{
    const struct files *files = *state;
    enum { LEAVES = 200 }; /* more than a piece of the book's roots */
    CLEANUP_FORGE struct forge forge = {0};
    for (unsigned i = 0; i < LEAVES; i++) {
        const struct seen seen = forged_seen(&forge, (size_t)i * 37 % (i + 1));
        struct lease lease = honest_renewal(i % 3, "2026-11-29T09:00:00Z");
        lease.request.number = i + 1;
        lease.request.seen = seen;
        forge_lease(&forge, &lease);
    }
    const size_t cuts[] = {0, 1, 119, 120, 121, 199, 200};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        audit_honest(&forge, 0, cuts[i], &(struct trial){.keep = files->first});
        audit_honest(&forge, cuts[i], LEAVES, &(struct trial){.kept = files->first});
        const struct checkpoint previous = forged_checkpoint(&forge, cuts[i]);
        audit_honest(&forge, cuts[i], LEAVES, &(struct trial){.previous = &previous});
        (void)unlink(files->first);
    }
}

static void a_tree_that_a_machine_was_shown_and_the_vendor_was_not_is_proved_by_the_machines_next_request(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_FORGE struct forge shown = {0};
    forge_honest(&forge, 1, 3);
    forge_branch(&forge, 2, &shown);
    forge_honest(&shown, 4, 1);
    const struct seen seen = forged_seen(&shown, 3);
    forge_testimony(&forge, 3, "2026-11-29T09:00:00Z", &seen);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 3, ERR_AUDIT_SEEN);
    char roots[2][BASE64_LENGTH(HASH_SIZE) + 1];
    const struct checkpoint here = forged_checkpoint(&forge, 3);
    base64_write(here.root.bytes, HASH_SIZE, roots[0]);
    base64_write(seen.root.bytes, HASH_SIZE, roots[1]);
    assert_said(audit, roots[0]);
    assert_said(audit, roots[1]);
    assert_said(audit, "kms.uni.example/acme.example with 3 leaves");
    assert_said(audit, "which proves it");
    assert_string_equal(audit->findings[0].machine, forged_machine(3));
    /* Also where those leaves were audited before. */
    audit_honest(&forge, 0, 3, &(struct trial){.keep = files->first});
    CLEANUP_AUDIT struct audit *second = audited(&forge, 3, 4, &(struct trial){.kept = files->first});
    assert_one_finding(second, 3, ERR_AUDIT_SEEN);
    /* Where nobody knows the tree at that size, nothing is claimed. */
    const struct checkpoint previous = forged_checkpoint(&forge, 3);
    audit_honest(&forge, 3, 4, &(struct trial){.previous = &previous});
}

static void a_tree_of_more_leaves_than_stood_before_the_leaf_proves_it_too(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_FORGE struct forge shown = {0};
    forge_honest(&forge, 1, 2);
    forge_honest(&shown, 1, 3);
    const struct seen seen = forged_seen(&shown, 3);
    forge_testimony(&forge, 2, "2026-11-29T09:00:00Z", &seen); /* leaf 2 */
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 2, ERR_AUDIT_SEEN);
    assert_said(audit, "before there was leaf 2");
}

static void a_tree_that_the_host_never_signed_proves_nothing_and_no_honest_host_takes_it(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 2, 9};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CLEANUP_FORGE struct forge forge = {0};
        forge_honest(&forge, 1, 2);
        struct seen seen = forged_seen(&forge, 1);
        seen.size = sizes[i];
        seen.root.bytes[0] ^= 1;
        forge_testimony(&forge, 2, "2026-11-29T09:00:00Z", &seen);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
        assert_one_finding(audit, 2, ERR_AUDIT_REQUEST);
        assert_said(audit, "does not hold");
    }
}

static void a_signature_under_a_tree_that_agrees_is_not_looked_at(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 2);
    struct seen seen = forged_seen(&forge, 2);
    seen.signature[0] ^= 1;
    forge_testimony(&forge, 2, "2026-11-29T09:00:00Z", &seen);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
}

static void what_a_release_says_was_seen_counts_as_much(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_FORGE struct forge shown = {0};
    forge_honest(&forge, 1, 4);
    forge_branch(&forge, 1, &shown);
    forge_honest(&shown, 7, 1);
    struct released released = honest_release(1, "2026-12-01T00:00:00Z");
    released.release.seen = forged_seen(&shown, 2);
    forge_released(&forge, &released);
    const struct lease fifth = honest_renewal(5, "2026-12-02T00:00:00Z"); /* on the seat that is free all the same */
    forge_lease(&forge, &fifth);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_one_finding(audit, 4, ERR_AUDIT_SEEN);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_its_machine_did_not_sign_is_found),
        cmocka_unit_test(what_a_machine_did_not_sign_says_nothing_of_its_numbers_nor_of_what_it_has_seen),
        cmocka_unit_test(a_release_that_its_machine_did_not_sign_or_that_another_host_was_asked_is_found),
        cmocka_unit_test(a_ledger_holds_what_its_own_key_was_asked),
        cmocka_unit_test(a_file_of_a_month_may_be_answered_where_the_lease_says_so),
        cmocka_unit_test(a_release_kept_back_is_found),
        cmocka_unit_test(a_number_that_is_not_above_the_last_is_found),
        cmocka_unit_test(gaps_between_numbers_are_fine_and_machines_count_for_themselves),
        cmocka_unit_test(numbers_go_up_across_licenses_and_editions_of_a_product_but_not_across_products),
        cmocka_unit_test(a_release_takes_its_number_in_the_order_too),
        cmocka_unit_test(a_number_of_a_machine_that_was_forgotten_may_come_again),
        cmocka_unit_test(a_number_of_a_machine_that_holds_a_seat_never_comes_again),
        cmocka_unit_test(an_old_release_does_not_end_a_younger_lease),
        cmocka_unit_test(of_a_machine_that_is_known_in_part_the_numbers_are_still_held_against_each_other),
        WITH_FILES(what_machines_have_seen_of_the_ledger_agrees_with_it_at_every_size),
        WITH_FILES(a_tree_that_a_machine_was_shown_and_the_vendor_was_not_is_proved_by_the_machines_next_request),
        cmocka_unit_test(a_tree_of_more_leaves_than_stood_before_the_leaf_proves_it_too),
        cmocka_unit_test(a_tree_that_the_host_never_signed_proves_nothing_and_no_honest_host_takes_it),
        cmocka_unit_test(a_signature_under_a_tree_that_agrees_is_not_looked_at),
        cmocka_unit_test(what_a_release_says_was_seen_counts_as_much),
    };
    return cmocka_run_group_tests_name("audit_machines", tests, start, NULL);
}
