/* What machines signed, as the vendor's audit reads it: their signatures, their numbers, and what they have seen. */
#include "base/secret.h"
#include "ledger_forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND_EPOCH "kms.uni.example/acme.example/epoch-2"
#define THIRD_EPOCH  "kms.uni.example/acme.example/epoch-3"

struct files {
    char folder[32];
    char first[64];
    char second[64];
};

static int make_files(void **state)
{
    struct files *files = calloc(1, sizeof *files);
    if (files == NULL)
        return -1;
    *state = files;
    (void)snprintf(files->folder, sizeof files->folder, "/tmp/aval-audit-XXXXXX");
    if (mkdtemp(files->folder) == NULL)
        return -1;
    (void)snprintf(files->first, sizeof files->first, "%s/first", files->folder);
    (void)snprintf(files->second, sizeof files->second, "%s/second", files->folder);
    return 0;
}

static int remove_files(void **state)
{
    struct files *files = *state;
    (void)unlink(files->first);
    (void)unlink(files->second);
    (void)rmdir(files->folder);
    free(files);
    return 0;
}

/* Audits leaves from..to, which must go well. Yours. */
static struct audit *audited(const struct forge *forge, size_t from, size_t to, const struct trial *trial)
{
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    struct audit *audit = NULL;
    forge_export(forge, from, to, &file);
    const struct result result = audit_export(buffer_slice(&file), trial, &audit);
    if (!is_ok(result))
        fail_msg("%s", error_info(result_code(result))->name);
    return audit;
}

/* The same, of an honest host: nothing is found, and the book is kept. */
static void audit_honest(const struct forge *forge, size_t from, size_t to, const struct trial *trial)
{
    CLEANUP_AUDIT struct audit *audit = audited(forge, from, to, trial);
    if (audit->finding_count != 0)
        fail_msg("%s: %s", error_info(audit->findings[0].code)->name, audit->findings[0].words);
}

static void assert_said(const struct audit *audit, const char *words)
{
    if (strstr(audit->findings[0].words, words) == NULL)
        fail_msg("%s", audit->findings[0].words);
}

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

static struct epoch epoch_after(const struct forge *before, size_t size, const char *origin, const char *time)
{
    const struct checkpoint checkpoint = forged_checkpoint(before, size);
    struct epoch epoch = {.size = size, .root = checkpoint.root, .found = 1, .began = sample_time(time)};
    (void)snprintf(epoch.origin, sizeof epoch.origin, "%s", origin);
    (void)snprintf(epoch.previous, sizeof epoch.previous, "%s", checkpoint.origin);
    return epoch;
}

static void numbers_are_remembered_across_audits_and_epochs(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&before, 1, 2);
    struct lease again = honest_renewal(1, "2026-11-29T09:00:00Z");
    again.request.number = honest_lease(1).request.number;
    forge_lease(&before, &again);
    audit_honest(&before, 0, 2, &(struct trial){.keep = files->first});
    CLEANUP_AUDIT struct audit *audit = audited(&before, 2, 3, &(struct trial){.kept = files->first});
    assert_one_finding(audit, 2, ERR_AUDIT_NUMBER);
    const struct epoch epoch = epoch_after(&before, 2, SECOND_EPOCH, "2026-11-28T00:00:00Z");
    forge_epoch(&after, &epoch);
    forge_lease(&after, &again);
    CLEANUP_AUDIT struct audit *second = audited(&after, 0, 2, &(struct trial){.last_epoch = files->first});
    assert_one_finding(second, 1, ERR_AUDIT_NUMBER);
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

/* A renewal of machine n that testifies that. */
static void forge_testimony(struct forge *forge, unsigned n, const char *time, const struct seen *seen)
{
    struct lease lease = honest_renewal(n, time);
    lease.request.seen = *seen;
    forge_lease(forge, &lease);
}

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

/* What they have seen of other epochs */

static void a_later_epoch_seen_before_proves_that_the_ledger_had_ended(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_FORGE struct forge later = {.origin = SECOND_EPOCH};
    forge_honest(&forge, 1, 2);
    for (size_t size = 0; size < 2; size++) {
        const struct epoch epoch = epoch_after(&forge, 2, SECOND_EPOCH, "2026-11-28T00:00:00Z");
        if (size > 0)
            forge_epoch(&later, &epoch);
        CLEANUP_FORGE struct forge on = {0};
        forge_branch(&forge, 2, &on);
        struct seen seen = forged_seen(&later, size);
        forge_testimony(&on, 2, "2026-11-29T09:00:00Z", &seen);
        CLEANUP_AUDIT struct audit *audit = audit_forged(&on);
        assert_one_finding(audit, 2, ERR_AUDIT_SEEN);
        assert_said(audit, "epoch-2");
        seen.signature[3] ^= 1;
        CLEANUP_FORGE struct forge invented = {0};
        forge_branch(&forge, 2, &invented);
        forge_testimony(&invented, 2, "2026-11-29T09:00:00Z", &seen);
        CLEANUP_AUDIT struct audit *second = audit_forged(&invented);
        assert_one_finding(second, 2, ERR_AUDIT_REQUEST);
    }
}

/* A ledger of six leaves of which the host signed all and its next epoch tells two. */
struct loss {
    struct forge whole;
    struct forge after;
};

static void free_loss(struct loss *loss)
{
    forge_free(&loss->whole);
    forge_free(&loss->after);
}
#define CLEANUP_LOSS __attribute__((cleanup(free_loss)))

static void lose_four_of_six(struct loss *loss)
{
    *loss = (struct loss){.after.origin = SECOND_EPOCH};
    forge_honest(&loss->whole, 1, 3);
    for (unsigned n = 1; n <= 3; n++) {
        const struct lease renewal = honest_renewal(n, "2026-11-25T00:00:00Z");
        forge_lease(&loss->whole, &renewal);
    }
    const struct epoch epoch = epoch_after(&loss->whole, 2, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    forge_epoch(&loss->after, &epoch);
}

static void what_machines_have_seen_beyond_the_end_that_an_epoch_tells_is_lost_and_accuses_nobody(void **state)
{
    const struct files *files = *state;
    CLEANUP_LOSS struct loss loss;
    lose_four_of_six(&loss);
    const size_t seen_sizes[] = {2, 5, 6, 4, 1, 0};
    for (unsigned i = 0; i < sizeof seen_sizes / sizeof seen_sizes[0]; i++) {
        const struct seen seen = forged_seen(&loss.whole, seen_sizes[i]);
        struct lease lease = honest_renewal(1 + i % 3, "2026-12-02T00:00:00Z");
        lease.request.number += i;
        lease.request.seen = seen;
        forge_lease(&loss.after, &lease);
    }
    audit_honest(&loss.whole, 0, 2, &(struct trial){.keep = files->first});
    assert_int_equal(last_first_epoch.seen, 0);
    audit_honest(&loss.after, 0, 3, &(struct trial){.last_epoch = files->first, .keep = files->second});
    assert_true(last_first_epoch.has_end);
    assert_int_equal(last_first_epoch.end_size, 2);
    assert_int_equal(last_first_epoch.seen, 5);
    /* The book remembers it, and what the epoch said of the end. */
    audit_honest(&loss.after, 3, 3, &(struct trial){.kept = files->second});
    assert_int_equal(last_first_epoch.seen, 5);
    audit_honest(&loss.after, 3, 7, &(struct trial){.kept = files->second});
    assert_int_equal(last_first_epoch.seen, 6);
    /* Where the epoch before was not audited nothing is claimed. */
    (void)unlink(files->second);
    CLEANUP_AUDIT struct audit *alone = audited(&loss.after, 0, 7, &(struct trial){0});
    assert_true(alone->partial);
    assert_int_equal(alone->finding_count, 0);
    assert_int_equal(last_first_epoch.epoch, 0);
}

static void a_loss_that_the_host_never_signed_is_none(void **state)
{
    const struct files *files = *state;
    CLEANUP_LOSS struct loss loss;
    lose_four_of_six(&loss);
    struct seen seen = forged_seen(&loss.whole, 6);
    seen.size = 1000;
    forge_testimony(&loss.after, 1, "2026-12-02T00:00:00Z", &seen);
    audit_honest(&loss.whole, 0, 2, &(struct trial){.keep = files->first});
    CLEANUP_AUDIT struct audit *audit = audited(&loss.after, 0, 2, &(struct trial){.last_epoch = files->first});
    assert_one_finding(audit, 1, ERR_AUDIT_REQUEST);
    assert_int_equal(last_first_epoch.seen, 0);
}

static void roots_of_an_ended_epoch_are_kept_and_held_against_what_was_seen(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    CLEANUP_FORGE struct forge shown = {0};
    forge_honest(&before, 1, 3);
    forge_branch(&before, 1, &shown);
    forge_honest(&shown, 7, 2);
    audit_honest(&before, 0, 2, &(struct trial){.keep = files->first}); /* one leaf less than its end */
    const struct epoch epoch = epoch_after(&before, 3, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    for (size_t size = 0; size <= 3; size++) {
        for (int other = 0; other < 2; other++) {
            CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
            forge_epoch(&after, &epoch);
            const struct seen seen = forged_seen(other != 0 ? &shown : &before, size);
            forge_testimony(&after, 1, "2026-12-02T00:00:00Z", &seen);
            CLEANUP_AUDIT struct audit *audit = audited(&after, 0, 2, &(struct trial){.last_epoch = files->first});
            if (other != 0 && size > 1)
                assert_one_finding(audit, 1, ERR_AUDIT_SEEN);
            else
                assert_int_equal(audit->finding_count, 0);
        }
    }
}

static void the_epoch_before_the_last_is_remembered_too(void **state)
{
    const struct files *files = *state;
    CLEANUP_LOSS struct loss loss;
    CLEANUP_FORGE struct forge third = {.origin = THIRD_EPOCH};
    lose_four_of_six(&loss);
    audit_honest(&loss.whole, 0, 2, &(struct trial){.keep = files->first});
    audit_honest(&loss.after, 0, 1, &(struct trial){.last_epoch = files->first, .keep = files->second});
    const struct epoch epoch = epoch_after(&loss.after, 1, THIRD_EPOCH, "2026-12-05T00:00:00Z");
    forge_epoch(&third, &epoch);
    const struct seen lost = forged_seen(&loss.whole, 6);
    forge_testimony(&third, 1, "2026-12-06T00:00:00Z", &lost);
    const struct seen fine = forged_seen(&loss.whole, 1);
    forge_testimony(&third, 2, "2026-12-06T00:00:00Z", &fine);
    const struct trial trial = {.last_epoch = files->second, .last_epoch_number = 2};
    audit_honest(&third, 0, 3, &trial);
    assert_int_equal(last_first_epoch.end_size, 2);
    assert_int_equal(last_first_epoch.seen, 6);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, make_files, remove_files)

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
        cmocka_unit_test(an_old_release_does_not_end_a_younger_lease),
        WITH_FILES(numbers_are_remembered_across_audits_and_epochs),
        cmocka_unit_test(of_a_machine_that_is_known_in_part_the_numbers_are_still_held_against_each_other),
        WITH_FILES(what_machines_have_seen_of_the_ledger_agrees_with_it_at_every_size),
        WITH_FILES(a_tree_that_a_machine_was_shown_and_the_vendor_was_not_is_proved_by_the_machines_next_request),
        cmocka_unit_test(a_tree_of_more_leaves_than_stood_before_the_leaf_proves_it_too),
        cmocka_unit_test(a_tree_that_the_host_never_signed_proves_nothing_and_no_honest_host_takes_it),
        cmocka_unit_test(a_signature_under_a_tree_that_agrees_is_not_looked_at),
        cmocka_unit_test(what_a_release_says_was_seen_counts_as_much),
        cmocka_unit_test(a_later_epoch_seen_before_proves_that_the_ledger_had_ended),
        WITH_FILES(what_machines_have_seen_beyond_the_end_that_an_epoch_tells_is_lost_and_accuses_nobody),
        WITH_FILES(a_loss_that_the_host_never_signed_is_none),
        WITH_FILES(roots_of_an_ended_epoch_are_kept_and_held_against_what_was_seen),
        WITH_FILES(the_epoch_before_the_last_is_remembered_too),
    };
    return cmocka_run_group_tests_name("audit_machines", tests, start, NULL);
}
