/* Ledgers that were begun again, as the vendor's audit reads them: what goes on, and what was lost. */
#include "audit_files.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Numbers */

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
    /* It is known also where the epoch before was not audited: the leaf and a machine suffice. */
    (void)unlink(files->second);
    CLEANUP_AUDIT struct audit *alone = audited(&loss.after, 0, 7, &(struct trial){0});
    assert_true(alone->partial);
    assert_int_equal(alone->finding_count, 0);
    assert_int_equal(last_first_epoch.size, 0);
    assert_int_equal(last_first_epoch.end_size, 2);
    assert_int_equal(last_first_epoch.seen, 6);
    assert_int_equal(book_ledger_lost(&last_first_epoch), 4);
    assert_int_equal(book_ledger_unseen(&last_first_epoch), 2);
}

static void of_an_epoch_that_was_never_audited_another_tree_than_the_leaf_tells_is_proved_too(void **state)
{
    (void)state;
    CLEANUP_LOSS struct loss loss;
    CLEANUP_FORGE struct forge shown = {0};
    lose_four_of_six(&loss);
    forge_branch(&loss.whole, 1, &shown);
    forge_honest(&shown, 7, 1);
    struct seen seen = forged_seen(&shown, 2);
    forge_testimony(&loss.after, 1, "2026-12-02T00:00:00Z", &seen);
    CLEANUP_AUDIT struct audit *audit = audited(&loss.after, 0, 2, &(struct trial){0});
    assert_one_finding(audit, 1, ERR_AUDIT_COPY);
    assert_int_equal(book_ledger_lost(&last_first_epoch), 0);
}

static void a_loss_of_an_unknown_epoch_that_its_host_never_signed_is_none(void **state)
{
    (void)state;
    CLEANUP_LOSS struct loss loss;
    lose_four_of_six(&loss);
    struct seen seen = forged_seen(&loss.whole, 6);
    seen.signature[5] ^= 1;
    forge_testimony(&loss.after, 1, "2026-12-02T00:00:00Z", &seen);
    CLEANUP_AUDIT struct audit *audit = audited(&loss.after, 0, 2, &(struct trial){0});
    assert_one_finding(audit, 1, ERR_AUDIT_REQUEST);
    assert_int_equal(book_ledger_lost(&last_first_epoch), 0);
}

/* Losses of what the desk had audited */

static void what_was_audited_beyond_the_end_that_an_epoch_tells_is_lost_and_stays_in_the_book(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&whole, 1, 4);
    const struct released released = honest_release(4, "2026-11-24T00:00:00Z");
    forge_released(&whole, &released);
    audit_honest(&whole, 0, 5, &(struct trial){.keep = files->first});
    const struct epoch epoch = epoch_after(&whole, 2, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    forge_epoch(&after, &epoch);
    const struct lease fourth = honest_renewal(5, "2026-12-02T00:00:00Z");
    const struct lease fifth = honest_renewal(6, "2026-12-02T00:00:00Z");
    const struct lease sixth = honest_renewal(7, "2026-12-02T00:00:00Z");
    forge_lease(&after, &fourth); /* the fourth seat, which is free */
    forge_lease(&after,
                &fifth); /* one too many: the lost lease of machine 3 holds its seat, which its host cannot know */
    forge_lease(&after, &sixth); /* and one that it can count */
    audit_honest(&after, 0, 2, &(struct trial){.last_epoch = files->first, .keep = files->second});
    assert_int_equal(last_first_epoch.size, 5);
    assert_int_equal(last_first_epoch.end_size, 2);
    assert_int_equal(book_ledger_lost(&last_first_epoch), 3);
    assert_non_null(strstr(last_true_up, "studio,pro,4,4,5,3,1"));
    audit_honest(&after, 2, 3, &(struct trial){.kept = files->second});
    assert_non_null(strstr(last_true_up, "studio,pro,5,5,6,3,2"));
    CLEANUP_AUDIT struct audit *audit = audited(&after, 2, 4, &(struct trial){.kept = files->second});
    assert_one_finding(audit, 3, ERR_AUDIT_SEATS);
    assert_said(audit, "5 machines hold the 4 seats");
    assert_false(audit->partial);
    assert_int_equal(book_ledger_lost(&last_first_epoch), 3);
}

/* A leaf that was signed and not shown may be a release, of which the host knows. */
static void a_seat_that_may_have_been_given_back_in_leaves_that_were_not_shown_accuses_nobody(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&whole, 1, 4);
    const struct released released = honest_release(4, "2026-11-24T00:00:00Z");
    forge_released(&whole, &released);
    audit_honest(&whole, 0, 4, &(struct trial){.keep = files->first});
    const struct epoch epoch = epoch_after(&whole, 5, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    forge_epoch(&after, &epoch);
    const struct lease fifth = honest_renewal(5, "2026-12-02T00:00:00Z");
    forge_lease(&after, &fifth); /* the seat of machine 4 */
    for (unsigned n = 1; n <= 3; n++) {
        const struct lease renewal = honest_renewal(n, "2026-12-02T00:00:00Z");
        forge_lease(&after, &renewal);
    }
    const struct lease sixth = honest_renewal(6, "2026-12-02T00:00:00Z");
    forge_lease(&after, &sixth); /* there is none for it, whatever was not shown */
    CLEANUP_AUDIT struct audit *honest =
        audited(&after, 0, 5, &(struct trial){.last_epoch = files->first, .keep = files->second});
    assert_int_equal(honest->finding_count, 0);
    assert_true(honest->partial);
    assert_int_equal(book_ledger_unseen(&last_first_epoch), 1);
    CLEANUP_AUDIT struct audit *audit = audited(&after, 5, 6, &(struct trial){.kept = files->second});
    assert_one_finding(audit, 5, ERR_AUDIT_SEATS);
}

/* An older database beside a newer state of the signer, of before the epoch in between began: how old, nothing tells,
 * so that it may lack any seat of the first epoch, whose end that one told. */
static void a_copy_of_before_an_epoch_may_lack_what_the_one_before_ended_with(void **state)
{
    const struct files *files = *state;
    for (int found = 0; found < 2; found++) {
        CLEANUP_FORGE struct forge first = {0};
        CLEANUP_FORGE struct forge second = {.origin = SECOND_EPOCH};
        CLEANUP_FORGE struct forge third = {.origin = THIRD_EPOCH};
        forge_honest(&first, 1, 4);
        audit_honest(&first, 0, 4, &(struct trial){.keep = files->first});
        const struct epoch begun = epoch_after(&first, 4, SECOND_EPOCH, "2026-12-01T00:00:00Z");
        forge_epoch(&second, &begun);
        audit_honest(&second, 0, 1, &(struct trial){.last_epoch = files->first, .keep = files->second});
        struct epoch again = epoch_after(&second, 1, THIRD_EPOCH, "2026-12-05T00:00:00Z");
        again.found = (uint64_t)found;
        forge_epoch(&third, &again);
        for (unsigned n = 5; n <= 9; n++) {
            const struct lease lease = honest_renewal(n, "2026-12-06T00:00:00Z");
            forge_lease(&third, &lease);
        }
        const size_t honest = found == 0 ? 5 : 1;
        audit_honest(&third, 0, honest, &(struct trial){.last_epoch = files->second, .keep = files->first});
        CLEANUP_AUDIT struct audit *audit = audited(&third, honest, honest + 1, &(struct trial){.kept = files->first});
        assert_one_finding(audit, honest, ERR_AUDIT_SEATS);
        assert_said(audit, "5 machines hold the 4 seats");
        (void)unlink(files->first);
        (void)unlink(files->second);
    }
}

/* An older database beside a newer state of the signer: all that was signed is told, and of the last two leaves its
 * host knows neither number nor seat. */
static void what_a_host_had_no_more_when_it_began_again_it_needs_not_know(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    forge_honest(&whole, 1, 4);
    audit_honest(&whole, 0, 4, &(struct trial){.keep = files->first});
    for (uint64_t found = 2; found <= 4; found += 2) {
        CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
        struct epoch epoch = epoch_after(&whole, 4, SECOND_EPOCH, "2026-12-01T00:00:00Z");
        struct lease again = honest_renewal(3, "2026-12-02T00:00:00Z");
        again.request.number = honest_lease(3).request.number;
        const struct lease another = honest_renewal(5, "2026-12-02T00:00:00Z");
        epoch.found = found;
        forge_epoch(&after, &epoch);
        forge_lease(&after, &again);
        forge_lease(&after, &another); /* a fifth seat, where that of machine 4 is known */
        CLEANUP_AUDIT struct audit *audit = audited(&after, 0, 3, &(struct trial){.last_epoch = files->first});
        assert_false(audit->partial);
        assert_int_equal(audit->finding_count, found == 2 ? 0 : 2);
        assert_int_equal(book_ledger_unseen(&last_first_epoch), 0);
        CLEANUP_AUDIT struct audit *alone = audited(&after, 0, 3, &(struct trial){0});
        assert_true(alone->partial);
        assert_int_equal(book_ledger_unseen(&last_first_epoch), found);
    }
}

/* What an epoch had beyond the end that the next one told, and an old copy had too that was set up again later. */
static void leaves_that_come_to_light_behind_a_later_epoch_are_not_held_against_it(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&whole, 1, 2);
    audit_honest(&whole, 0, 2, &(struct trial){.keep = files->first});
    const struct epoch epoch = epoch_after(&whole, 2, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    forge_epoch(&after, &epoch);
    const struct lease later = honest_renewal(1, "2026-12-02T00:00:00Z");
    forge_lease(&after, &later);
    audit_honest(&after, 0, 2, &(struct trial){.last_epoch = files->first, .keep = files->second});
    const struct lease earlier = honest_renewal(1, "2026-11-25T00:00:00Z"); /* its number is lower */
    forge_lease(&whole, &earlier);
    for (unsigned n = 3; n <= 6; n++) { /* of four seats, of which the later epoch may have given any back */
        const struct lease lease = honest_renewal(n, "2026-11-26T00:00:00Z");
        forge_lease(&whole, &lease);
    }
    const struct released released = honest_release(1, "2026-11-27T00:00:00Z");
    forge_released(&whole, &released);
    struct lease reused = honest_renewal(3, "2026-11-28T00:00:00Z");
    reused.request.number = honest_renewal(3, "2026-11-26T00:00:00Z").request.number;
    forge_lease(&whole, &reused); /* but a number that comes twice within it is */
    CLEANUP_AUDIT struct audit *audit = audited(&whole, 2, 9, &(struct trial){.kept = files->second});
    assert_one_finding(audit, 8, ERR_AUDIT_NUMBER);
    assert_true(audit->behind);
}

/* It was dated ahead, and holds the seat beyond the lease that the host knows of. */
static void a_lost_lease_that_holds_a_seat_for_longer_leaves_it_in_doubt(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    for (unsigned n = 1; n <= 4; n++) {
        const struct lease ahead = honest_renewal(n, "2027-03-01T00:00:00Z"); /* until 2027-08-28 */
        forge_lease(&whole, &ahead);
    }
    audit_honest(&whole, 0, 4, &(struct trial){.keep = files->first});
    struct epoch epoch = epoch_after(&whole, 0, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    epoch.why = EPOCH_RESTORED;
    forge_epoch(&after, &epoch);
    for (unsigned n = 1; n <= 4; n++) {
        const struct lease known = honest_renewal(n, "2026-12-02T00:00:00Z"); /* until 2027-05-31 */
        forge_lease(&after, &known);
    }
    const struct lease fifth = honest_renewal(5, "2027-06-15T00:00:00Z");
    forge_lease(&after, &fifth);
    const struct trial trial = {.last_epoch = files->first, .now = "2027-10-01T00:00:00Z"};
    CLEANUP_AUDIT struct audit *audit = audited(&after, 0, 6, &trial);
    assert_int_equal(audit->finding_count, 0);
}

static void forge_renewals(struct forge *forge, const char *time)
{
    for (unsigned n = 1; n <= 4; n++) {
        const struct lease lease = honest_renewal(n, time);
        forge_lease(forge, &lease);
    }
}

/* The same, where the leases that the host knows of come to light after those that were lost: it was set up again from
 * a copy that was newer than the one before. */
static void a_lost_lease_leaves_the_seat_in_doubt_also_where_it_was_audited_first(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge lost = {.origin = SECOND_EPOCH};
    CLEANUP_FORGE struct forge after = {.origin = THIRD_EPOCH};
    forge_renewals(&whole, "2026-11-23T00:00:00Z"); /* until 2027-05-22 */
    audit_honest(&whole, 0, 0, &(struct trial){.keep = files->first});
    struct epoch epoch = epoch_after(&whole, 0, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    forge_epoch(&lost, &epoch);
    forge_renewals(&lost, "2027-01-10T00:00:00Z"); /* until 2027-07-09 */
    audit_honest(&lost, 0, 5,
                 &(struct trial){.last_epoch = files->first, .keep = files->second, .now = "2027-01-11T00:00:00Z"});
    audit_honest(&whole, 0, 4,
                 &(struct trial){.kept = files->second, .keep = files->first, .now = "2027-01-12T00:00:00Z"});
    epoch = epoch_after(&whole, 4, THIRD_EPOCH, "2027-01-13T00:00:00Z");
    epoch.why = EPOCH_RESTORED;
    forge_epoch(&after, &epoch);
    const struct lease fifth = honest_renewal(5, "2027-06-15T00:00:00Z");
    forge_lease(&after, &fifth);
    const struct trial trial = {.last_epoch = files->first, .now = "2027-10-01T00:00:00Z"};
    CLEANUP_AUDIT struct audit *audit = audited(&after, 0, 2, &trial);
    assert_int_equal(audit->finding_count, 0);
}

static void a_first_leaf_that_tells_another_tree_than_was_audited_proves_two(void **state)
{
    const struct files *files = *state;
    CLEANUP_LOSS struct loss loss;
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    lose_four_of_six(&loss);
    audit_honest(&loss.whole, 0, 6, &(struct trial){.keep = files->first});
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    struct epoch epoch = epoch_after(&loss.whole, 2, SECOND_EPOCH, "2026-12-01T00:00:00Z");
    epoch.root.bytes[7] ^= 1;
    forge_epoch(&after, &epoch);
    forge_honest(&after, 9, 1);
    forge_export(&after, 0, 2, &file);
    CLEANUP_AUDIT struct audit *audit = NULL;
    const struct trial trial = {.last_epoch = files->first};
    assert_int_equal(result_code(audit_export(buffer_slice(&file), &trial, &audit)), ERR_CONSISTENCY_WRONG);
    assert_int_equal(audit->tree.difference.kind, DIFFERENCE_TOLD);
    assert_int_equal(audit->tree.difference.size, 2);
    assert_int_equal(audit->tree.difference.other.size, 6);
    assert_true(hash_equal(&audit->tree.difference.root, &epoch.root));
    /* Where its host's key did not sign that, it proves nothing. */
    const struct checkpoint checkpoint = forged_checkpoint(&after, 2);
    CLEANUP_BUFFER struct buffer forged = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *second = NULL;
    forge_sign(&checkpoint, OTHER_HOST_SEED, &note);
    forge_export_with(&after, 0, 2, buffer_slice(&note), &forged);
    assert_int_equal(result_code(audit_export(buffer_slice(&forged), &trial, &second)), ERR_CHECKPOINT_SIGNER);
}

static void what_is_lost_of_what_was_audited_is_still_held_against_what_was_seen(void **state)
{
    const struct files *files = *state;
    CLEANUP_LOSS struct loss loss;
    CLEANUP_FORGE struct forge shown = {0};
    lose_four_of_six(&loss);
    forge_branch(&loss.whole, 2, &shown);
    forge_honest(&shown, 7, 3);
    audit_honest(&loss.whole, 0, 4, &(struct trial){.keep = files->first});
    for (size_t size = 3; size <= 5; size++) {
        for (int other = 0; other < 2; other++) {
            CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
            forge_branch(&loss.after, 1, &after);
            const struct seen seen = forged_seen(other != 0 ? &shown : &loss.whole, size);
            forge_testimony(&after, 1, "2026-12-02T00:00:00Z", &seen);
            CLEANUP_AUDIT struct audit *audit = audited(&after, 0, 2, &(struct trial){.last_epoch = files->first});
            if (other != 0 && size <= 4)
                assert_one_finding(audit, 1, ERR_AUDIT_COPY);
            else
                assert_int_equal(audit->finding_count, 0);
            assert_int_equal(book_ledger_lost(&last_first_epoch), size == 5 ? 3 : 2);
        }
    }
}

/* The host cannot know of them: a machine that got no answer asks again with the same note. */
static void numbers_of_lost_leaves_do_not_count(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge whole = {0};
    forge_honest(&whole, 1, 2);
    const struct lease renewal = honest_renewal(1, "2026-12-01T00:00:00Z");
    const struct released released = honest_release(2, "2026-12-01T00:00:00Z");
    forge_lease(&whole, &renewal);
    forge_released(&whole, &released);
    audit_honest(&whole, 0, 4, &(struct trial){.keep = files->first});
    for (size_t told = 2; told <= 4; told += 2) {
        CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
        const struct epoch epoch = epoch_after(&whole, told, SECOND_EPOCH, "2026-12-01T00:00:00Z");
        forge_epoch(&after, &epoch);
        forge_lease(&after, &renewal);
        forge_released(&after, &released);
        forge_lease(&after, &renewal); /* once is enough */
        CLEANUP_AUDIT struct audit *audit = audited(&after, 0, 4, &(struct trial){.last_epoch = files->first});
        if (told == 2)
            assert_one_finding(audit, 3, ERR_AUDIT_NUMBER);
        else
            assert_int_equal(audit->finding_count, 4); /* three numbers, and a release of what had ended */
    }
}

static void an_epoch_that_is_left_out_is_lost_as_a_whole(void **state)
{
    const struct files *files = *state;
    CLEANUP_LOSS struct loss loss;
    lose_four_of_six(&loss);
    forge_honest(&loss.after, 3, 1);
    audit_honest(&loss.whole, 0, 6, &(struct trial){.keep = files->first});
    for (int known = 0; known < 2; known++) {
        CLEANUP_FORGE struct forge third = {.origin = THIRD_EPOCH};
        if (known != 0) {
            CLEANUP_AUDIT struct audit *audit =
                audited(&loss.after, 0, 2, &(struct trial){.last_epoch = files->first, .keep = files->second});
            assert_int_equal(audit->finding_count, 1); /* of a time before the epoch's */
        }
        const struct epoch epoch = epoch_after(&loss.whole, 2, THIRD_EPOCH, "2026-12-05T00:00:00Z");
        forge_epoch(&third, &epoch);
        const struct seen seen = forged_seen(&loss.after, 2);
        forge_testimony(&third, 1, "2026-12-06T00:00:00Z", &seen);
        audit_honest(&third, 0, 2, &(struct trial){.last_epoch = known != 0 ? files->second : files->first});
        assert_int_equal(book_ledger_lost(&last_first_epoch), 4);
        assert_int_equal(book_ledger_lost(&last_second_epoch), 2);
    }
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
            if (other != 0 && size > 1) {
                assert_one_finding(audit, 1, ERR_AUDIT_COPY);
                assert_said(audit, "by mistake or on purpose");
            } else {
                assert_int_equal(audit->finding_count, 0);
            }
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
    audit_honest(&third, 0, 3, &(struct trial){.last_epoch = files->second});
    assert_int_equal(last_first_epoch.end_size, 2);
    assert_int_equal(last_first_epoch.seen, 6);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(numbers_are_remembered_across_audits_and_epochs),
        cmocka_unit_test(a_later_epoch_seen_before_proves_that_the_ledger_had_ended),
        WITH_FILES(what_machines_have_seen_beyond_the_end_that_an_epoch_tells_is_lost_and_accuses_nobody),
        cmocka_unit_test(of_an_epoch_that_was_never_audited_another_tree_than_the_leaf_tells_is_proved_too),
        cmocka_unit_test(a_loss_of_an_unknown_epoch_that_its_host_never_signed_is_none),
        WITH_FILES(what_was_audited_beyond_the_end_that_an_epoch_tells_is_lost_and_stays_in_the_book),
        WITH_FILES(a_seat_that_may_have_been_given_back_in_leaves_that_were_not_shown_accuses_nobody),
        WITH_FILES(a_copy_of_before_an_epoch_may_lack_what_the_one_before_ended_with),
        WITH_FILES(what_a_host_had_no_more_when_it_began_again_it_needs_not_know),
        WITH_FILES(leaves_that_come_to_light_behind_a_later_epoch_are_not_held_against_it),
        WITH_FILES(a_lost_lease_that_holds_a_seat_for_longer_leaves_it_in_doubt),
        WITH_FILES(a_lost_lease_leaves_the_seat_in_doubt_also_where_it_was_audited_first),
        WITH_FILES(a_first_leaf_that_tells_another_tree_than_was_audited_proves_two),
        WITH_FILES(what_is_lost_of_what_was_audited_is_still_held_against_what_was_seen),
        WITH_FILES(numbers_of_lost_leaves_do_not_count),
        WITH_FILES(an_epoch_that_is_left_out_is_lost_as_a_whole),
        WITH_FILES(a_loss_that_the_host_never_signed_is_none),
        WITH_FILES(roots_of_an_ended_epoch_are_kept_and_held_against_what_was_seen),
        WITH_FILES(the_epoch_before_the_last_is_remembered_too),
    };
    return cmocka_run_group_tests_name("audit_epochs", tests, start, NULL);
}
