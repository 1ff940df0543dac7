/* The vendor's audit of honest hosts, which must pass, and of those that rewrite their ledger, which must not. */
#include "audit_files.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Audits leaves from..to and expects that outcome. */
static void expect_outcome(const struct forge *forge, size_t from, size_t to, const struct trial *trial,
                           enum error_code code)
{
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_export(forge, from, to, &file);
    const struct result result = audit_export(buffer_slice(&file), trial, &audit);
    assert_string_equal(error_info(result_code(result))->name, error_info(code)->name);
    assert_true(is_ok(result) == (code == OK));
    assert_int_equal(audit->finding_count, 0);
}

/* Honest hosts */

static void an_honest_ledger_passes(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 3);
    const struct lease renewal = honest_renewal(1, "2026-11-29T09:01:00Z");
    forge_lease(&forge, &renewal);
    const struct released released = honest_release(2, "2026-12-01T00:00:00Z");
    forge_released(&forge, &released);
    const struct lease last = honest_renewal(3, "2027-05-21T09:00:00Z"); /* ends with the license */
    forge_lease(&forge, &last);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
    assert_int_equal(audit->leases, 5);
    assert_int_equal(audit->releases, 1);
    assert_false(audit->partial);
}

static void an_empty_ledger_passes(void **state)
{
    (void)state;
    const struct forge forge = {0};
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
}

static void a_seat_is_free_again_once_its_lease_has_ended_or_was_released(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    const struct released released = honest_release(1, "2026-12-01T00:00:00Z");
    forge_released(&forge, &released);
    struct lease fifth = honest_renewal(5, "2026-12-01T00:00:00Z");
    forge_lease(&forge, &fifth);
    struct lease sixth = honest_renewal(6, "2027-05-21T09:02:00Z"); /* the second machine's ends in this second */
    forge_lease(&forge, &sixth);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
}

static void one_digest_of_three_may_change(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 1);
    struct lease renewal = honest_renewal(1, "2026-11-29T09:00:00Z");
    renewal.request.hardware.digests[1].digest[5] ^= 1;
    forge_lease(&forge, &renewal);
    CLEANUP_AUDIT struct audit *audit = audit_forged(&forge);
    assert_int_equal(audit->finding_count, 0);
}

/* Continuing */

static void an_audit_goes_on_where_the_one_before_ended_and_remembers_its_seats(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 7); /* three too many */
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    expect_outcome(&forge, 0, 3, &(struct trial){.keep = files->first}, OK);
    const struct checkpoint previous = forged_checkpoint(&forge, 3);
    forge_export(&forge, 3, 7, &file);
    const struct trial trial = {.previous = &previous, .kept = files->first, .keep = files->second};
    assert_true(is_ok(audit_export(buffer_slice(&file), &trial, &audit)));
    assert_false(audit->partial);
    assert_int_equal(audit->finding_count, 3);
    assert_int_equal(audit->findings[0].index, 4);
    assert_int_equal(audit->findings[0].code, ERR_AUDIT_SEATS);
}

static void the_true_up_of_a_month_in_two_exports_is_that_of_the_month(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 3);
    struct lease renewal = honest_renewal(1, "2026-11-29T09:00:00Z");
    forge_lease(&forge, &renewal);
    const struct released released = honest_release(2, "2026-11-30T00:00:00Z");
    forge_released(&forge, &released);
    renewal = honest_renewal(4, "2026-12-31T23:59:59Z");
    forge_lease(&forge, &renewal);
    CLEANUP_AUDIT struct audit *whole = audit_forged(&forge);
    assert_int_equal(whole->finding_count, 0);
    char expected[sizeof last_true_up];
    memcpy(expected, last_true_up, sizeof expected);
    for (size_t cut = 1; cut < 6; cut++) {
        expect_outcome(&forge, 0, cut, &(struct trial){.keep = files->first}, OK);
        expect_outcome(&forge, cut, 6, &(struct trial){.kept = files->first}, OK);
        assert_string_equal(strrchr(last_true_up, '-'), strrchr(expected, '-')); /* from 2026-12 on */
        if (cut < 5)
            assert_string_equal(last_true_up, expected);
        (void)unlink(files->first);
    }
}

/* Audits leaves from..to of it against the book kept, which must go well. Yours. */
static struct audit *audited_after(const struct forge *forge, size_t from, size_t to, const struct trial *trial)
{
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    struct audit *audit = NULL;
    forge_export(forge, from, to, &file);
    const struct result result = audit_export(buffer_slice(&file), trial, &audit);
    if (!is_ok(result))
        fail_msg("%s", error_info(result_code(result))->name);
    return audit;
}

static void an_export_that_overlaps_what_was_audited_goes_on_behind_it(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    struct lease wrong = honest_lease(2);
    wrong.expires += HOUR;
    forge_replace(&forge, 1, &wrong); /* audited, and accepted by the vendor */
    forge_honest(&forge, 5, 1);       /* a seat too many */
    CLEANUP_AUDIT struct audit *first = audited_after(&forge, 0, 2, &(struct trial){.keep = files->first});
    assert_one_finding(first, 1, ERR_AUDIT_DATES);
    for (size_t from = 0; from <= 2; from++) {
        CLEANUP_AUDIT struct audit *audit =
            audited_after(&forge, from, 5, &(struct trial){.kept = files->first, .keep = files->second});
        assert_one_finding(audit, 4, ERR_AUDIT_SEATS);
        assert_int_equal(audit->audited_before, 2 - from);
        assert_int_equal(audit->audited_on, from == 2 ? 0 : sample_time(AUDITED_AT));
        assert_int_equal(audit->leases, 5 - from);
        assert_true(audit_is_to_be_kept(audit));
        /* Now the book has the roots of both. */
        CLEANUP_AUDIT struct audit *again = audited_after(&forge, 1, 4, &(struct trial){.kept = files->second});
        assert_true(again->nothing_new);
        (void)unlink(files->second);
    }
}

static void every_export_of_what_was_audited_has_nothing_new_and_accuses_nobody(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    expect_outcome(&forge, 0, 2, &(struct trial){.keep = files->second, .now = "2027-05-01T00:00:00Z"}, OK);
    expect_outcome(&forge, 2, 4, &(struct trial){.kept = files->second, .keep = files->first}, OK);
    for (size_t to = 0; to <= 4; to++) {
        for (size_t from = 0; from <= to; from++) {
            CLEANUP_AUDIT struct audit *audit = audited_after(&forge, from, to, &(struct trial){.kept = files->first});
            assert_true(audit->nothing_new);
            assert_false(audit_is_to_be_kept(audit));
            assert_int_equal(audit->finding_count, 0);
            assert_int_equal(audit->leases, to - from);
            assert_int_equal(audit->audited_on, sample_time(to <= 2 ? "2027-05-01T00:00:00Z" : AUDITED_AT));
            if (to > from)
                assert_int_equal(audit->moment, honest_lease((unsigned)to).issued);
        }
    }
}

static void roots_are_kept_of_more_leaves_than_fit_in_one_piece(void **state)
{
    const struct files *files = *state;
    enum { SIZE = 2500, CUT = 1030 };
    struct hash root = {.bytes = {0}};
    for (uint64_t part = 0; part < 2; part++) {
        CLEANUP_BOOK struct book *book = NULL;
        const uint64_t end = part == 0 ? CUT : SIZE;
        size_t ledgers[2];
        assert_true(is_ok(part == 0 ? book_new(files->first, &book, NULL)
                                    : book_continue(files->first, files->second, &book, NULL)));
        assert_true(is_ok(book_open_ledger(book, "a", 1, 0, &ledgers[0])));
        assert_true(is_ok(book_open_ledger(book, "b", 1, 0, &ledgers[1])));
        for (uint64_t size = part == 0 ? 1 : CUT + 1; size <= end; size++) {
            for (size_t i = 0; i < 2; i++) {
                book_turn_to(book, ledgers[i]);
                memcpy(root.bytes, &size, sizeof size);
                assert_true(is_ok(book_add_root(book, size, &root, NULL)));
            }
        }
        book_turn_to(book, ledgers[part]);
        assert_int_equal(result_code(book_add_root(book, end + 2, &root, NULL)), ERR_STORE_CORRUPT);
        for (uint64_t size = end; size >= 1; size -= part == 0 ? 1 : 7) {
            uint64_t read = 0;
            assert_true(is_ok(book_root(book, size, &root, NULL)));
            memcpy(&read, root.bytes, sizeof read);
            assert_int_equal(read, size);
            if (size < 7)
                break;
        }
        assert_int_equal(result_code(book_root(book, end + 1, &root, NULL)), ERR_STORE_CORRUPT);
        assert_int_equal(result_code(book_root(book, 0, &root, NULL)), ERR_STORE_CORRUPT);
        assert_true(is_ok(book_finish(book, 0, NULL)));
    }
}

static void with_the_previous_checkpoint_alone_an_audit_is_partial(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&forge, 1, 4);
    const struct released released = honest_release(2, "2026-12-01T00:00:00Z"); /* its lease is not in the export */
    forge_released(&forge, &released);
    const struct checkpoint previous = forged_checkpoint(&forge, 3);
    forge_export(&forge, 3, 5, &file);
    assert_true(is_ok(audit_export(buffer_slice(&file), &(struct trial){.previous = &previous}, &audit)));
    assert_true(audit->partial);
    assert_int_equal(audit->finding_count, 0);
}

static void an_export_whose_beginning_nobody_has_seen_is_refused(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    forge_honest(&forge, 1, 4);
    const struct checkpoint previous = forged_checkpoint(&forge, 1);
    expect_outcome(&forge, 2, 4, &(struct trial){0}, ERR_AUDIT_GAP);
    expect_outcome(&forge, 2, 4, &(struct trial){.previous = &previous}, ERR_AUDIT_GAP);
    expect_outcome(&forge, 0, 1, &(struct trial){.keep = files->first}, OK);
    expect_outcome(&forge, 2, 4, &(struct trial){.kept = files->first}, ERR_AUDIT_GAP);
}

/* Ledgers that were begun again */

static struct epoch honest_epoch(const struct forge *before, const char *time)
{
    struct epoch epoch = {
        .origin = SECOND_EPOCH, .size = before->count, .found = before->count, .began = sample_time(time)};
    const struct checkpoint checkpoint = forged_checkpoint(before, before->count);
    (void)snprintf(epoch.previous, sizeof epoch.previous, "%s", checkpoint.origin);
    epoch.root = checkpoint.root;
    return epoch;
}

static void the_next_epoch_goes_on_with_the_seats_of_the_one_before(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&before, 1, 4);
    expect_outcome(&before, 0, 4, &(struct trial){.keep = files->first}, OK);
    const struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
    const struct released released = honest_release(1, "2026-12-02T00:00:00Z");
    const struct lease fifth = honest_renewal(5, "2026-12-03T00:00:00Z");
    const struct lease sixth = honest_renewal(6, "2026-12-03T00:00:00Z"); /* one too many */
    forge_epoch(&after, &epoch);
    forge_released(&after, &released);
    forge_lease(&after, &fifth);
    forge_lease(&after, &sixth);
    forge_export(&after, 0, 4, &file);
    assert_true(is_ok(audit_export(buffer_slice(&file), &(struct trial){.last_epoch = files->first}, &audit)));
    assert_true(audit->has_epoch && !audit->partial && audit->continues);
    assert_one_finding(audit, 3, ERR_AUDIT_SEATS);
}

/* Where the clock had been ahead and then something was lost, the operator recovers once, for the loss. */
static void an_epoch_begins_with_the_right_time_whatever_it_was_begun_for(void **state)
{
    const struct files *files = *state;
    const enum epoch_why reasons[] = {EPOCH_LOST, EPOCH_RESTORED, EPOCH_CLOCK};
    CLEANUP_FORGE struct forge before = {0};
    const struct lease ahead = honest_renewal(1, "2027-03-01T00:00:00Z");
    forge_lease(&before, &ahead);
    expect_outcome(&before, 0, 1, &(struct trial){.keep = files->first}, OK);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
        struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
        epoch.why = reasons[i];
        epoch.found -= reasons[i] == EPOCH_LOST; /* else nothing explains it */
        forge_epoch(&after, &epoch);
        expect_outcome(&after, 0, 1, &(struct trial){.last_epoch = files->first}, OK);
    }
}

/* 3 seats and an overage of 1, all held by leases of a clock that was ahead; one of these machines has a lease that
 * ends earlier since. Its seat is nobody else's before the first one ends. */
/* The operator had begun a second epoch for the clock, and lost all of it before anything of it was signed. */
static void an_epoch_whose_first_leaf_was_lost_may_have_told_of_the_clock(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    const struct lease ahead = honest_renewal(1, "2027-03-01T00:00:00Z");
    forge_lease(&before, &ahead);
    expect_outcome(&before, 0, 1, &(struct trial){.keep = files->first}, OK);
    for (uint64_t previous = 1; previous <= 2; previous++) {
        CLEANUP_FORGE struct forge after = {.origin = "kms.uni.example/acme.example/epoch-3"};
        CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
        CLEANUP_AUDIT struct audit *audit = NULL;
        struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
        const struct frontier empty = {0};
        memcpy(epoch.origin, after.origin, strlen(after.origin) + 1);
        if (previous == 2) {
            memcpy(epoch.previous, SECOND_EPOCH, sizeof SECOND_EPOCH);
            epoch.size = epoch.found = 0;
            epoch.root = frontier_root(&empty);
        }
        forge_epoch(&after, &epoch);
        forge_export(&after, 0, 1, &file);
        assert_true(is_ok(audit_export(buffer_slice(&file), &(struct trial){.last_epoch = files->first}, &audit)));
        if (previous == 2)
            assert_int_equal(audit->finding_count, 0);
        else
            assert_one_finding(audit, 0, ERR_AUDIT_TIMES); /* nothing explains it */
    }
}

static void a_lease_dated_ahead_holds_its_seat_until_it_ends_also_where_the_time_went_back(void **state)
{
    const struct files *files = *state;
    static const char *const later[] = {"2027-06-15T00:00:00Z", "2027-09-15T00:00:00Z"};
    CLEANUP_FORGE struct forge before = {0};
    for (unsigned i = 1; i <= 4; i++) {
        const struct lease ahead = honest_renewal(i, "2027-03-01T00:00:00Z"); /* until 2027-08-28 */
        forge_lease(&before, &ahead);
    }
    expect_outcome(&before, 0, 4, &(struct trial){.keep = files->first}, OK);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
        CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
        CLEANUP_AUDIT struct audit *audit = NULL;
        struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
        epoch.why = EPOCH_CLOCK;
        forge_epoch(&after, &epoch);
        struct lease shorter = honest_renewal(1, "2026-12-02T00:00:00Z"); /* until 2027-05-31 */
        shorter.request.number = honest_renewal(1, "2027-03-01T00:00:00Z").request.number + 1;
        forge_lease(&after, &shorter);
        const struct lease of_another = honest_renewal(5, later[i]);
        forge_lease(&after, &of_another);
        forge_export(&after, 0, 3, &file);
        const struct trial trial = {.last_epoch = files->first, .now = "2027-10-01T00:00:00Z"};
        assert_true(is_ok(audit_export(buffer_slice(&file), &trial, &audit)));
        assert_int_equal(audit->set_back_from, sample_time("2027-03-01T00:00:00Z"));
        if (i == 0)
            assert_one_finding(audit, 2, ERR_AUDIT_SEATS);
        else
            assert_int_equal(audit->finding_count, 0);
    }
}

static void an_epoch_whose_past_is_not_known_is_audited_in_part_and_so_is_what_follows(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&before, 1, 2);
    const struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
    const struct released released = honest_release(1, "2026-12-02T00:00:00Z");
    forge_epoch(&after, &epoch);
    forge_released(&after, &released);
    expect_outcome(&after, 0, 1, &(struct trial){.keep = files->first}, OK);
    forge_export(&after, 1, 2, &file);
    assert_true(is_ok(audit_export(buffer_slice(&file), &(struct trial){.kept = files->first}, &audit)));
    assert_true(audit->partial && audit->continues);
    assert_int_equal(audit->finding_count, 0);
}

static void an_epoch_whose_past_was_not_audited_to_its_end_is_audited_in_part(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&before, 1, 4);
    expect_outcome(&before, 0, 3, &(struct trial){.keep = files->first}, OK);
    const struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
    const struct released of_the_last = honest_release(4, "2026-12-02T00:00:00Z");
    /* It may have renewed its lease, which the desk knows to have ended, where the desk has not read. */
    const struct released of_the_first = honest_release(1, "2027-05-25T00:00:00Z");
    forge_epoch(&after, &epoch);
    forge_released(&after, &of_the_last);
    forge_released(&after, &of_the_first);
    forge_export(&after, 0, 3, &file);
    assert_true(is_ok(audit_export(buffer_slice(&file), &(struct trial){.last_epoch = files->first}, &audit)));
    assert_true(audit->partial && audit->continues);
    assert_int_equal(audit->finding_count, 0);
}

static void an_epoch_that_hides_what_the_desk_has_seen_is_caught(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_honest(&before, 1, 4);
    expect_outcome(&before, 0, 4, &(struct trial){.keep = files->first}, OK);
    struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
    epoch.size--;
    forge_epoch(&after, &epoch);
    expect_outcome(&after, 0, 1, &(struct trial){.last_epoch = files->first}, ERR_CONSISTENCY_WRONG);
}

/* A host that was restored from an old copy knew no more; but what it knew must be what was audited. */
static void an_epoch_of_a_restored_host_may_end_before_what_the_desk_has_seen(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    forge_honest(&before, 1, 4);
    expect_outcome(&before, 0, 4, &(struct trial){.keep = files->first}, OK);
    struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
    epoch.why = EPOCH_RESTORED;
    epoch.size = 3;
    epoch.root = forged_checkpoint(&before, 3).root;
    epoch.shown_count = 1;
    epoch.shown[0] = forged_seen(&before, 4);
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_epoch(&after, &epoch);
    expect_outcome(&after, 0, 1, &(struct trial){.last_epoch = files->first}, OK);
    assert_int_equal(last_first_epoch.end_size, 3);
    assert_int_equal(last_first_epoch.seen, 0); /* the desk has all of it */
    epoch.root.bytes[0] ^= 1;
    CLEANUP_FORGE struct forge other = {.origin = SECOND_EPOCH};
    forge_epoch(&other, &epoch);
    expect_outcome(&other, 0, 1, &(struct trial){.last_epoch = files->first}, ERR_CONSISTENCY_WRONG);
}

static void what_an_epoch_was_shown_tells_what_is_lost_and_accuses_where_it_is_another_tree(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge before = {0};
    forge_honest(&before, 1, 2);
    expect_outcome(&before, 0, 2, &(struct trial){.keep = files->first}, OK);
    struct epoch epoch = honest_epoch(&before, "2026-12-01T00:00:00Z");
    epoch.why = EPOCH_RESTORED;
    forge_honest(&before, 3, 3);
    epoch.shown_count = 1;
    epoch.shown[0] = forged_seen(&before, 5);
    CLEANUP_FORGE struct forge after = {.origin = SECOND_EPOCH};
    forge_epoch(&after, &epoch);
    expect_outcome(&after, 0, 1, &(struct trial){.last_epoch = files->first}, OK);
    assert_int_equal(last_first_epoch.seen, 5);

    CLEANUP_FORGE struct forge unsigned_one = {.origin = SECOND_EPOCH};
    epoch.shown[0].signature[7] ^= 1;
    forge_epoch(&unsigned_one, &epoch);
    CLEANUP_AUDIT struct audit *first = audit_forged(&unsigned_one);
    assert_one_finding(first, 0, ERR_AUDIT_LEAF);

    CLEANUP_FORGE struct forge its_own = {.origin =
                                              SECOND_EPOCH}; /* of the epoch that it begins, before there was any */
    CLEANUP_FORGE struct forge later = {.origin = SECOND_EPOCH};
    forge_honest(&later, 1, 2);
    epoch.shown[0] = forged_seen(&later, 2);
    forge_epoch(&its_own, &epoch);
    CLEANUP_AUDIT struct audit *second = audit_forged(&its_own);
    assert_one_finding(second, 0, ERR_AUDIT_SEEN);
}

static void an_epoch_begins_with_its_reason_and_has_it_nowhere_else(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge silent = {.origin = SECOND_EPOCH};
    forge_honest(&silent, 1, 1);
    CLEANUP_AUDIT struct audit *first = audit_forged(&silent);
    assert_one_finding(first, 0, ERR_AUDIT_LEAF);
    CLEANUP_FORGE struct forge late = {0};
    forge_honest(&late, 1, 1);
    const struct epoch epoch = honest_epoch(&late, "2026-12-01T00:00:00Z");
    forge_epoch(&late, &epoch);
    CLEANUP_AUDIT struct audit *second = audit_forged(&late);
    assert_one_finding(second, 1, ERR_AUDIT_LEAF);
}

/* Hosts that change their ledger */

static void a_split_view_of_two_trees_of_one_size_is_caught(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge shown = {0};
    CLEANUP_FORGE struct forge other = {0};
    forge_honest(&shown, 1, 4);
    forge_branch(&shown, 3, &other);
    forge_honest(&other, 5, 1);
    const struct checkpoint previous = forged_checkpoint(&shown, 4);
    expect_outcome(&other, 0, 4, &(struct trial){.previous = &previous}, ERR_CONSISTENCY_WRONG);
    expect_outcome(&other, 4, 4, &(struct trial){.previous = &previous}, ERR_CONSISTENCY_WRONG);
    /* The desk remembers, even where nobody kept the checkpoint. */
    expect_outcome(&shown, 0, 4, &(struct trial){.keep = files->first}, OK);
    expect_outcome(&other, 0, 4, &(struct trial){.kept = files->first}, ERR_CONSISTENCY_WRONG);
}

static void the_two_checkpoints_of_a_split_view_prove_it(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge shown = {0};
    CLEANUP_FORGE struct forge other = {0};
    forge_honest(&shown, 1, 4);
    forge_branch(&shown, 3, &other);
    forge_honest(&other, 5, 1);
    const struct license license = forged_license();
    const struct forge *const both[] = {&shown, &other};
    struct checkpoint opened[2];
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
        const struct checkpoint checkpoint = forged_checkpoint(both[i], 4);
        forge_sign(&checkpoint, HOST_SEED, &note);
        assert_true(is_ok(checkpoint_open(buffer_slice(&note), &license.host_keys[0], &opened[i])));
    }
    assert_true(opened[0].size == opened[1].size);
    assert_false(hash_equal(&opened[0].root, &opened[1].root));
}

static void a_tree_that_was_cut_and_grown_again_is_caught(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge before = {0};
    CLEANUP_FORGE struct forge after = {0};
    forge_honest(&before, 1, 4);
    forge_branch(&before, 2, &after);
    forge_honest(&after, 5, 2);
    const struct lease renewal = honest_renewal(5, "2026-11-29T09:00:00Z");
    forge_lease(&after, &renewal);
    const struct checkpoint previous = forged_checkpoint(&before, 4);
    expect_outcome(&after, 0, 5, &(struct trial){.previous = &previous}, ERR_CONSISTENCY_WRONG);
    expect_outcome(&after, 4, 5, &(struct trial){.previous = &previous}, ERR_CONSISTENCY_WRONG);
    expect_outcome(&after, 2, 5, &(struct trial){.previous = &previous}, ERR_CONSISTENCY_WRONG);
}

static void where_two_trees_differ_is_said_with_both_roots(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge audited = {0};
    CLEANUP_FORGE struct forge other = {0};
    forge_honest(&audited, 1, 4);
    forge_branch(&audited, 2, &other);
    forge_honest(&other, 11, 5);
    expect_outcome(&audited, 0, 4, &(struct trial){.keep = files->first}, OK);
    for (size_t to = 3; to <= 7; to++) {
        for (size_t from = 0; from <= 4 && from <= to; from++) {
            CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
            CLEANUP_AUDIT struct audit *audit = NULL;
            const size_t first = from > 3 ? from : 3;
            forge_export(&other, from, to, &file);
            const struct result result =
                audit_export(buffer_slice(&file), &(struct trial){.kept = files->first}, &audit);
            assert_int_equal(result_code(result), ERR_CONSISTENCY_WRONG);
            const struct difference *found = &audit->tree.difference;
            assert_int_equal(found->kind, DIFFERENCE_AUDITED);
            assert_int_equal(found->size, first);
            const struct checkpoint here = forged_checkpoint(&other, first);
            const struct checkpoint before = forged_checkpoint(&audited, first);
            assert_true(hash_equal(&found->root, &here.root));
            assert_true(hash_equal(&found->before, &before.root));
            assert_int_equal(found->other.size, 4);
            assert_int_equal(audit->checkpoint.size, to);
        }
    }
    expect_outcome(&other, 0, 2, &(struct trial){.kept = files->first}, OK);
}

static void an_export_damaged_on_its_way_is_no_proof_of_another_tree(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&forge, 1, 4);
    expect_outcome(&forge, 0, 3, &(struct trial){.keep = files->first}, OK);
    const struct checkpoint genuine = forged_checkpoint(&forge, 4);
    forge_sign(&genuine, HOST_SEED, &note);
    const struct lease damaged = honest_lease(9);
    forge_replace(&forge, 1, &damaged);
    forge_export_with(&forge, 0, 4, buffer_slice(&note), &file);
    const struct result result = audit_export(buffer_slice(&file), &(struct trial){.kept = files->first}, &audit);
    assert_int_equal(result_code(result), ERR_AUDIT_ROOT);
}

static void an_export_that_ends_before_the_checkpoint_given_says_nothing_of_it(void **state)
{
    const struct files *files = *state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_FORGE struct forge other = {0};
    forge_honest(&forge, 1, 4);
    forge_branch(&forge, 3, &other);
    forge_honest(&other, 9, 2);
    const struct checkpoint previous = forged_checkpoint(&forge, 4);
    expect_outcome(&forge, 0, 3, &(struct trial){.previous = &previous}, ERR_AUDIT_SHORT);
    /* Unless the desk has audited as far as that. */
    expect_outcome(&forge, 0, 4, &(struct trial){.keep = files->first}, OK);
    expect_outcome(&forge, 0, 3, &(struct trial){.previous = &previous, .kept = files->first}, OK);
    const struct checkpoint shown = forged_checkpoint(&other, 4);
    expect_outcome(&forge, 0, 3, &(struct trial){.previous = &shown, .kept = files->first}, ERR_CONSISTENCY_WRONG);
    const struct checkpoint later = forged_checkpoint(&other, 5);
    expect_outcome(&forge, 0, 4, &(struct trial){.previous = &later, .kept = files->first}, ERR_AUDIT_SHORT);
}

static void a_lease_altered_after_the_fact_is_caught(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&forge, 1, 4);
    const struct checkpoint signed_before = forged_checkpoint(&forge, 4);
    forge_sign(&signed_before, HOST_SEED, &note);
    struct lease altered = honest_lease(2);
    altered.expires -= DAY;
    forge_replace(&forge, 1, &altered);
    forge_export_with(&forge, 0, 4, buffer_slice(&note), &file);
    assert_int_equal(result_code(audit_export(buffer_slice(&file), &(struct trial){0}, &audit)), ERR_AUDIT_ROOT);
    /* Signed anew, it is another tree than before. */
    expect_outcome(&forge, 0, 4, &(struct trial){.previous = &signed_before}, ERR_CONSISTENCY_WRONG);
}

static void a_lease_left_out_is_caught(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge whole = {0};
    CLEANUP_FORGE struct forge less = {0};
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&whole, 1, 4);
    forge_honest(&less, 1, 1);
    forge_honest(&less, 3, 2);
    const struct checkpoint signed_before = forged_checkpoint(&whole, 4);
    forge_sign(&signed_before, HOST_SEED, &note);
    forge_export_with(&less, 0, 3, buffer_slice(&note), &file);
    assert_int_equal(result_code(audit_export(buffer_slice(&file), &(struct trial){0}, &audit)), ERR_AUDIT_ROOT);
    forge_honest(&less, 5, 1);
    expect_outcome(&less, 0, 4, &(struct trial){.previous = &signed_before}, ERR_CONSISTENCY_WRONG);
}

static void a_checkpoint_by_another_key_is_refused(void **state)
{
    (void)state;
    CLEANUP_FORGE struct forge forge = {0};
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    CLEANUP_AUDIT struct audit *audit = NULL;
    forge_honest(&forge, 1, 2);
    const struct checkpoint checkpoint = forged_checkpoint(&forge, 2);
    forge_sign(&checkpoint, OTHER_HOST_SEED, &note);
    forge_export_with(&forge, 0, 2, buffer_slice(&note), &file);
    assert_int_equal(result_code(audit_export(buffer_slice(&file), &(struct trial){0}, &audit)), ERR_CHECKPOINT_SIGNER);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_ledger_passes),
        cmocka_unit_test(an_empty_ledger_passes),
        cmocka_unit_test(a_seat_is_free_again_once_its_lease_has_ended_or_was_released),
        cmocka_unit_test(one_digest_of_three_may_change),
        WITH_FILES(an_audit_goes_on_where_the_one_before_ended_and_remembers_its_seats),
        WITH_FILES(the_true_up_of_a_month_in_two_exports_is_that_of_the_month),
        WITH_FILES(an_export_that_overlaps_what_was_audited_goes_on_behind_it),
        WITH_FILES(every_export_of_what_was_audited_has_nothing_new_and_accuses_nobody),
        WITH_FILES(roots_are_kept_of_more_leaves_than_fit_in_one_piece),
        cmocka_unit_test(with_the_previous_checkpoint_alone_an_audit_is_partial),
        WITH_FILES(an_export_whose_beginning_nobody_has_seen_is_refused),
        WITH_FILES(the_next_epoch_goes_on_with_the_seats_of_the_one_before),
        WITH_FILES(an_epoch_begins_with_the_right_time_whatever_it_was_begun_for),
        WITH_FILES(an_epoch_whose_first_leaf_was_lost_may_have_told_of_the_clock),
        WITH_FILES(a_lease_dated_ahead_holds_its_seat_until_it_ends_also_where_the_time_went_back),
        WITH_FILES(an_epoch_whose_past_is_not_known_is_audited_in_part_and_so_is_what_follows),
        WITH_FILES(an_epoch_whose_past_was_not_audited_to_its_end_is_audited_in_part),
        WITH_FILES(an_epoch_that_hides_what_the_desk_has_seen_is_caught),
        WITH_FILES(an_epoch_of_a_restored_host_may_end_before_what_the_desk_has_seen),
        WITH_FILES(what_an_epoch_was_shown_tells_what_is_lost_and_accuses_where_it_is_another_tree),
        cmocka_unit_test(an_epoch_begins_with_its_reason_and_has_it_nowhere_else),
        WITH_FILES(a_split_view_of_two_trees_of_one_size_is_caught),
        cmocka_unit_test(the_two_checkpoints_of_a_split_view_prove_it),
        cmocka_unit_test(a_tree_that_was_cut_and_grown_again_is_caught),
        WITH_FILES(where_two_trees_differ_is_said_with_both_roots),
        WITH_FILES(an_export_damaged_on_its_way_is_no_proof_of_another_tree),
        WITH_FILES(an_export_that_ends_before_the_checkpoint_given_says_nothing_of_it),
        cmocka_unit_test(a_lease_altered_after_the_fact_is_caught),
        cmocka_unit_test(a_lease_left_out_is_caught),
        cmocka_unit_test(a_checkpoint_by_another_key_is_refused),
    };
    return cmocka_run_group_tests_name("audit", tests, start, NULL);
}
