/* Hosts that share a license, as the vendor's audit counts them: together, at each moment. */
#include "audit_files.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The ledgers of both, and the audit of their exports. The first audit is that of `here`, which comes first by name. */
struct pair {
    struct forge here;
    struct forge there;
    struct audit *audits[2];
};

static struct pair *pair_new(void)
{
    struct pair *pair = calloc(1, sizeof *pair);
    if (pair == NULL)
        abort();
    pair->there.origin = PAIRED_ORIGIN;
    return pair;
}

static void forget_audits(struct pair *pair)
{
    for (size_t i = 0; i < 2; i++) {
        free(pair->audits[i]);
        pair->audits[i] = NULL;
    }
}

static void pair_free(struct pair **pair)
{
    forget_audits(*pair);
    forge_free(&(*pair)->here);
    forge_free(&(*pair)->there);
    free(*pair);
}
#define CLEANUP_PAIR __attribute__((cleanup(pair_free)))

static void leased(struct pair *pair, unsigned n, const char *time, bool there)
{
    const struct lease lease = paired_lease(n, time, there);
    forge_lease(there ? &pair->there : &pair->here, &lease);
}

static void released(struct pair *pair, unsigned n, const char *time, bool there)
{
    const struct released given_back = paired_release(n, time, there);
    forge_released(there ? &pair->there : &pair->here, &given_back);
}

/* Leaves of one from there on, and of the other. */
static enum error_code audit_from(struct pair *pair, size_t here, size_t there, struct trial trial)
{
    CLEANUP_BUFFER struct buffer first = buffer_make(FORGED_MAX);
    CLEANUP_BUFFER struct buffer second = buffer_make(FORGED_MAX);
    forget_audits(pair);
    forge_export(&pair->here, here, pair->here.count, &first);
    forge_export(&pair->there, there, pair->there.count, &second);
    const struct slice exports[] = {buffer_slice(&first), buffer_slice(&second)};
    trial.paired = true;
    return result_code(audit_exports(exports, 2, &trial, pair->audits));
}

static void audit_both(struct pair *pair)
{
    assert_int_equal(audit_from(pair, 0, 0, (struct trial){0}), OK);
}

static void assert_clean(const struct pair *pair)
{
    for (size_t i = 0; i < 2; i++)
        if (pair->audits[i]->finding_count != 0)
            fail_msg("%zu: %s: %s", i, error_info(pair->audits[i]->findings[0].code)->name,
                     pair->audits[i]->findings[0].words);
}

static void assert_row(const char *month, const char *numbers)
{
    char row[128];
    (void)snprintf(row, sizeof row, "%s,lic-2026-pair,", month);
    const char *at = strstr(last_true_up, row);
    if (at == NULL || strstr(at, numbers) == NULL || strstr(at, numbers) > strchr(at, '\n'))
        fail_msg("%s %s: %s", month, numbers, last_true_up);
}

#define HERE  false
#define THERE true

static void seats_of_a_license_are_counted_over_its_hosts_at_one_moment(void **state)
{
    (void)state;
    CLEANUP_PAIR struct pair *pair = pair_new();
    leased(pair, 1, "2026-12-01T10:00:00Z", HERE);
    leased(pair, 2, "2026-12-01T11:00:00Z", THERE);
    leased(pair, 3, "2026-12-01T12:00:00Z", HERE);
    leased(pair, 4, "2026-12-01T13:00:00Z", THERE);
    audit_both(pair);
    assert_clean(pair);
    assert_row("2026-12", ",4,4,4,3,1");
    leased(pair, 5, "2026-12-01T14:00:00Z", HERE);
    leased(pair, 1, "2026-12-01T15:00:00Z", THERE); /* no further seat */
    audit_both(pair);
    assert_one_finding(pair->audits[0], 2, ERR_AUDIT_SEATS);
    assert_int_equal(pair->audits[1]->finding_count, 0);
}

static void a_release_asked_of_another_host_ends_the_lease(void **state)
{
    (void)state;
    CLEANUP_PAIR struct pair *pair = pair_new();
    for (unsigned n = 1; n <= 4; n++)
        leased(pair, n, "2026-12-01T10:00:00Z", HERE);
    released(pair, 2, "2026-12-02T10:00:00Z", THERE);
    leased(pair, 5, "2026-12-02T11:00:00Z", HERE);
    leased(pair, 2, "2026-12-20T11:00:00Z", THERE); /* one too many */
    audit_both(pair);
    assert_int_equal(pair->audits[0]->finding_count, 0);
    assert_one_finding(pair->audits[1], 1, ERR_AUDIT_SEATS);
}

static void clocks_of_hosts_may_be_apart_and_nobody_is_accused(void **state)
{
    (void)state;
    CLEANUP_PAIR struct pair *pair = pair_new();
    for (unsigned n = 1; n <= 4; n++)
        leased(pair, n, "2026-12-01T10:00:00Z", HERE);
    /* Given back there, by a clock ahead, before it was given away here. */
    released(pair, 2, "2026-12-02T10:20:00Z", THERE);
    leased(pair, 5, "2026-12-02T10:00:00Z", HERE);
    audit_both(pair);
    assert_clean(pair);
}

static void numbers_go_up_in_each_ledger_and_are_signed_once(void **state)
{
    (void)state;
    CLEANUP_PAIR struct pair *pair = pair_new();
    struct lease lease = paired_lease(1, "2026-12-01T10:00:00Z", HERE);
    lease.request.number = 7;
    forge_lease(&pair->here, &lease);
    lease = paired_lease(1, "2026-12-01T10:05:00Z", THERE);
    lease.request.number = 6; /* it was asked before, and answered by a clock that was behind */
    forge_lease(&pair->there, &lease);
    lease = paired_lease(1, "2026-12-01T11:00:00Z", HERE);
    lease.request.number = 9;
    forge_lease(&pair->here, &lease);
    audit_both(pair);
    assert_clean(pair);
    lease = paired_lease(1, "2026-12-01T12:00:00Z", THERE);
    lease.request.number = 6; /* again in this ledger */
    forge_lease(&pair->there, &lease);
    audit_both(pair);
    assert_one_finding(pair->audits[1], 1, ERR_AUDIT_NUMBER);
    lease.request.number = 9; /* used here */
    forge_replace(&pair->there, 1, &lease);
    audit_both(pair);
    assert_one_finding(pair->audits[1], 1, ERR_AUDIT_NUMBER);
    assert_non_null(strstr(pair->audits[1]->findings[0].words, "another host too"));
}

static void a_lease_that_another_host_was_asked_to_end_takes_no_seat(void **state)
{
    (void)state;
    CLEANUP_PAIR struct pair *pair = pair_new();
    struct lease lease = paired_lease(1, "2026-12-01T10:25:00Z", HERE);
    struct released given_back = paired_release(1, "2026-12-01T10:10:00Z", THERE);
    lease.request.number = 7;
    given_back.release.number = 8;
    forge_lease(&pair->here, &lease);
    forge_released(&pair->there, &given_back);
    for (unsigned n = 2; n <= 5; n++)
        leased(pair, n, "2026-12-01T11:00:00Z", HERE);
    audit_both(pair);
    assert_clean(pair);
    assert_row("2026-12", ",5,4,5,3,1");
}

static void a_host_of_which_there_is_nothing_makes_nothing_final(void **state)
{
    const struct files *files = *state;
    CLEANUP_PAIR struct pair *pair = pair_new();
    CLEANUP_AUDIT struct audit *alone = NULL;
    CLEANUP_BUFFER struct buffer file = buffer_make(FORGED_MAX);
    leased(pair, 1, "2026-12-01T10:00:00Z", HERE);
    forge_export(&pair->here, 0, 1, &file);
    const struct trial trial = {.paired = true, .keep = files->first};
    assert_true(is_ok(audit_export(buffer_slice(&file), &trial, &alone)));
    assert_int_equal(alone->finding_count, 0);
    assert_int_equal(last_final_until, 0);
    assert_row("2026-12", ",1,1,1,3,0");
    /* So that all is right once it is there. An empty ledger suffices. */
    assert_int_equal(audit_from(pair, 0, 0, (struct trial){.kept = files->first}), OK);
    assert_clean(pair);
    assert_false(pair->audits[0]->nothing_new);
    assert_int_equal(last_final_until, sample_time("2026-12-01T10:00:00Z"));
    leased(pair, 2, "2026-11-25T10:00:00Z", THERE);
    assert_int_equal(audit_from(pair, 0, 0, (struct trial){.kept = files->first}), OK);
    assert_clean(pair);
    assert_row("2026-11", ",1,1,1,3,0");
    assert_row("2026-12", ",2,2,2,3,0");
    assert_false(pair->audits[1]->partial);
}

static void a_host_whose_export_ends_early_is_waited_for(void **state)
{
    const struct files *files = *state;
    CLEANUP_PAIR struct pair *pair = pair_new();
    CLEANUP_PAIR struct pair *short_pair = pair_new();
    leased(pair, 1, "2026-11-25T10:00:00Z", HERE);
    leased(pair, 2, "2026-12-01T10:00:00Z", THERE);
    leased(pair, 3, "2026-12-20T10:00:00Z", HERE);
    released(pair, 1, "2027-01-10T10:00:00Z", THERE);
    leased(pair, 4, "2027-01-20T10:00:00Z", HERE);
    leased(pair, 5, "2027-02-20T10:00:00Z", THERE);
    forge_branch(&pair->here, 3, &short_pair->here);
    forge_branch(&pair->there, 1, &short_pair->there);
    assert_int_equal(audit_from(short_pair, 0, 0, (struct trial){.keep = files->first}), OK);
    assert_clean(short_pair);
    assert_int_equal(last_final_until, sample_time("2026-12-01T10:00:00Z"));
    assert_row("2027-01", ",4,4,4,3,1");
    /* What was not final is audited again, and with what was missing it comes to the same as at once. */
    assert_int_equal(audit_from(pair, 2, 1, (struct trial){.kept = files->first}), ERR_AUDIT_GAP);
    assert_int_equal(audit_from(pair, 1, 1, (struct trial){.kept = files->first}), OK);
    assert_clean(pair);
    assert_row("2027-01", ",4,3,4,3,0");
    assert_row("2027-02", ",4,4,5,3,1");
    assert_int_equal(last_final_until, sample_time("2027-01-20T10:00:00Z"));
    char continued[sizeof last_true_up];
    memcpy(continued, last_true_up, sizeof continued);
    audit_both(pair);
    assert_string_equal(strstr(last_true_up, "2026-12"), strstr(continued, "2026-12"));
    /* And it cannot be another. */
    const struct lease other = paired_lease(9, "2027-01-20T10:00:00Z", HERE);
    forge_replace(&pair->here, 2, &other);
    assert_int_equal(audit_from(pair, 1, 1, (struct trial){.kept = files->first}), ERR_CONSISTENCY_WRONG);
    assert_int_equal(pair->audits[0]->tree.difference.kind, DIFFERENCE_AUDITED);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seats_of_a_license_are_counted_over_its_hosts_at_one_moment),
        cmocka_unit_test(a_release_asked_of_another_host_ends_the_lease),
        cmocka_unit_test(clocks_of_hosts_may_be_apart_and_nobody_is_accused),
        cmocka_unit_test(numbers_go_up_in_each_ledger_and_are_signed_once),
        cmocka_unit_test(a_lease_that_another_host_was_asked_to_end_takes_no_seat),
        WITH_FILES(a_host_of_which_there_is_nothing_makes_nothing_final),
        WITH_FILES(a_host_whose_export_ends_early_is_waited_for),
    };
    return cmocka_run_group_tests_name("audit_joined", tests, start, NULL);
}
