/* Batches by themselves: what is asked of store and signer, counted, logged, and left to be tended. */
#include "batch_rig.h"

#include "batch/candidates.h"
#include "store/operators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is counted ---- */

static void a_batch_counts_what_became_of_its_jobs(void **state)
{
    struct batch_rig *const rig = *state;
    const struct metrics *const metrics = &rig->engine.metrics;
    struct asked asked[4];
    for (uint64_t i = 0; i < 3; i++) {
        struct request request = fixture_request(1 + i, 1);
        request.time -= i == 2 ? 5 * HOUR : 0;
        ask(&asked[i], 1 + i, &request);
    }
    ask_again(&asked[3], &asked[0]);
    run(rig, asked, 4);
    free_answers(asked, 4);
    assert_int_equal(metrics->granted, 2);
    assert_int_equal(metrics->repeated, 1);
    assert_int_equal(metrics->released, 0);
    assert_int_equal(metrics_denials(metrics, ERR_CLOCK_APART), 1);
    assert_int_equal(metrics->batches, 1);
    assert_int_equal(metrics->signatures, 1);
    assert_int_equal(metrics->largest_batch, 4);

    const struct release release = fixture_release(1, "main", 2);
    give_back(&asked[0], 1, &release);
    ask_again(&asked[1], &asked[0]);
    run(rig, asked, 2);
    free_answers(asked, 2);
    assert_int_equal(metrics->released, 1);
    assert_int_equal(metrics->repeated, 2);
    assert_int_equal(metrics->granted, 2);
    assert_int_equal(metrics_denials(metrics, ERR_CLOCK_APART), 1);
    assert_int_equal(metrics->batches, 2);
    assert_int_equal(metrics->signatures, 2);
    assert_int_equal(metrics->largest_batch, 4);
}

static void a_batch_that_adds_nothing_is_not_signed(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    const unsigned appends = rig->appends;
    struct asked asked;
    const struct request request = fixture_request(1, 1);
    ask(&asked, 1, &request);
    run(rig, &asked, 1);
    assert_int_equal(code_of(&asked), OK);
    free_answers(&asked, 1);
    assert_int_equal(rig->appends, appends);
    assert_int_equal(rig->engine.metrics.signatures, 1);
}

/* Of requests and releases alike, by the clock of the machine that sent it. */
static void the_clock_of_every_job_is_heard(void **state)
{
    struct batch_rig *const rig = *state;
    const struct metrics *const metrics = &rig->engine.metrics;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(release_for(rig, 2, 1), ERR_RELEASE_NOTHING);
    assert_int_equal(metrics->clocks_heard, 2);
    assert_int_equal(metrics->clocks_apart, 0);
    struct asked asked[2];
    struct request request = fixture_request(3, 1);
    struct release release = fixture_release(4, "main", 1);
    request.time += 5 * HOUR;
    release.time -= 5 * HOUR;
    ask(&asked[0], 3, &request);
    give_back(&asked[1], 4, &release);
    run(rig, asked, 2);
    free_answers(asked, 2);
    assert_int_equal(metrics->clocks_heard, 4);
    assert_int_equal(metrics->clocks_apart, 2);
}

static void the_log_says_once_that_most_clocks_are_apart_and_once_that_they_agree(void **state)
{
    struct batch_rig *const rig = *state;
    for (uint64_t i = 0; i < CLOCKS_MIN + 2; i++) {
        struct request request = fixture_request(1 + i, 1);
        struct asked asked;
        request.time += 5 * HOUR;
        ask(&asked, 1 + i, &request);
        run(rig, &asked, 1);
        free_answers(&asked, 1);
        assert_int_equal(rig->engine.clock_disagrees, i + 1 >= CLOCKS_MIN);
    }
    char words[128];
    snprintf(words, sizeof words, "level=error event=clock-disagrees clock=2026-11-22T09:00:00Z machines=%d apart=%d\n",
             (int)CLOCKS_MIN, (int)CLOCKS_MIN);
    assert_int_equal(logged(rig, words), 1);
    assert_int_equal(logged(rig, "event=clock-"), 1);
    fixture_set_now(TODAY + 5 * HOUR);
    batch_tend(&rig->engine);
    batch_tend(&rig->engine);
    assert_int_equal(logged(rig, "level=info event=clock-agrees clock=2026-11-22T14:00:00Z machines="), 1);
    assert_int_equal(logged(rig, "event=clock-"), 2);
}

/* ---- what is logged ---- */

static void each_job_leaves_a_line_that_says_what_became_of_it(void **state)
{
    struct batch_rig *const rig = *state;
    struct asked asked[3];
    char machine[MACHINE_ID_TEXT_SIZE];
    char line[256];
    const struct machine_id id = fixture_machine(1);
    machine_id_write(&id, machine);
    struct request request = fixture_request(1, 1);
    ask(&asked[0], 1, &request);
    ask_again(&asked[1], &asked[0]);
    const struct release release = fixture_release(1, "main", 2);
    give_back(&asked[2], 1, &release);
    run(rig, asked, 3);
    free_answers(asked, 3);
    static const char *const words[] = {"granted", "released"};
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "level=info event=%s machine=%s address=192.0.2.7 license=main leaf=%d\n", words[i],
                 machine, i);
        assert_int_equal(logged(rig, line), 1);
    }
    assert_int_equal(logged(rig, "event="), 2); /* the one that was heard before tells nothing new */

    strcpy(request.product, "unheard-of");
    request.number = 3;
    ask(&asked[0], 1, &request);
    run(rig, asked, 1);
    free_answers(asked, 1);
    snprintf(line, sizeof line, "level=info event=denied machine=%s address=192.0.2.7 license=\"\" code=no-license\n",
             machine);
    assert_int_equal(logged(rig, line), 1);
}

/* The lease is as good as the next one, and the request came later. */
static void a_lease_that_is_given_again_is_logged_as_that(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 1, 2), OK);
    assert_int_equal(logged(rig, "event=granted"), 1);
    assert_int_equal(logged(rig, "event=repeated"), 1);
}

/* However often it is looked at: an hour after the last time, and where the clock was set back. */
static void that_a_license_ends_is_said_once_for_each_time_before(void **state)
{
    struct batch_rig *const rig = *state;
    static const struct {
        seconds before; /* the end */
        size_t said;    /* by then */
        int days;       /* of what was said last */
    } rows[] = {
        {60 * DAY + MINUTE, 0, 0}, {60 * DAY, 0, 0},         {60 * DAY - HOUR, 1, 60}, {60 * DAY + MINUTE, 1, 60},
        {30 * DAY, 2, 30},         {30 * DAY - HOUR, 2, 30}, {7 * DAY, 3, 7},          {-HOUR, 3, 7},
    };
    const struct license license = fixture_license(&rig->fixture, "main");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[32];
        snprintf(words, sizeof words, "within_days=%d\n", rows[i].days);
        fixture_set_now(license.not_after - rows[i].before);
        batch_tend(&rig->engine);
        assert_int_equal(logged(rig, "level=warning event=license-ends license=main "), rows[i].said);
        assert_int_equal(logged(rig, words), rows[i].said > 0);
    }
}

static void a_log_that_wants_less_gets_no_line_of_a_job(void **state)
{
    struct batch_rig *const rig = *state;
    rig->log.least = LOG_WARNING;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(logged(rig, "event="), 0);
}

static bool count_kept(void *context, const struct denial_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static size_t kept_denials(struct batch_rig *rig)
{
    size_t kept = 0;
    assert_ok(store_denials(rig->store, NULL, 0, 100, count_kept, &kept, NULL));
    return kept;
}

/* A copied machine sends notes that are no newer than what was heard: that is told once, and once more when the machine
 * has got something else. Anybody can send a note again that he has heard. */
static void a_number_that_was_used_is_told_once_until_something_else_is_said(void **state)
{
    struct batch_rig *const rig = *state;
    for (uint64_t round = 0; round < 2; round++) {
        assert_int_equal(ask_for(rig, 1, 10 + 10 * round), OK);
        for (uint64_t number = 3; number > 0; number--) {
            assert_int_equal(ask_for(rig, 1, number + 5 * round), ERR_NUMBER_USED);
            assert_int_equal(logged(rig, "code=number-used"), 1 + round);
            assert_int_equal(kept_denials(rig), 1 + round);
        }
        fixture_set_now(fixture_now() + 1);
    }
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_NUMBER_USED), 6);
}

static void the_same_note_denied_again_tells_nothing(void **state)
{
    struct batch_rig *const rig = *state;
    struct asked asked;
    struct request request = fixture_request(1, 1);
    request.time -= 5 * HOUR;
    for (size_t i = 0; i < 3; i++) {
        ask(&asked, 1, &request);
        run(rig, &asked, 1);
        assert_int_equal(code_of(&asked), ERR_CLOCK_APART);
        free_answers(&asked, 1);
    }
    assert_int_equal(logged(rig, "code=clock-apart"), 1);
    assert_int_equal(kept_denials(rig), 1);
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_CLOCK_APART), 3);
}

static void a_denial_that_the_store_did_not_keep_is_kept_the_next_time(void **state)
{
    struct batch_rig *const rig = *state;
    struct request request = fixture_request(1, 1);
    request.time -= 5 * HOUR;
    failing_store.fails = CALL_COMMIT;
    for (size_t i = 0; i < 3; i++) {
        struct asked asked;
        ask(&asked, 1, &request);
        run(rig, &asked, 1);
        assert_int_equal(code_of(&asked), i == 0 ? ERR_HOST_STORAGE : ERR_CLOCK_APART);
        free_answers(&asked, 1);
        assert_int_equal(kept_denials(rig), i == 0 ? 0 : 1);
        assert_int_equal(logged(rig, "code=clock-apart"), i == 0 ? 0 : 1);
        failing_store_reset();
    }
}

/* ---- several licenses ---- */

enum kind { BELOW_THRESHOLD, NOT_YET, ENDED, REVOKED, KINDS_OF_LICENSE };

static struct license license_of(const struct batch_rig *rig, enum kind kind, const char *id)
{
    struct license license = fixture_license(&rig->fixture, id);
    strcpy(license.edition, "edu");
    license.threshold = 100;
    if (kind == NOT_YET)
        license.not_before = TODAY + DAY;
    if (kind == ENDED)
        license.not_after = TODAY;
    return license;
}

/* Two licenses for one edition, in the order of their names. */
static enum error_code denied_under(struct batch_rig *rig, enum kind first, enum kind second, uint64_t machine)
{
    const struct license licenses[] = {license_of(rig, first, "a"), license_of(rig, second, "b")};
    fixture_put_license(&rig->fixture, &licenses[0]);
    fixture_put_license(&rig->fixture, &licenses[1]);
    take_up(rig);
    struct authority_vendor *const vendor = &rig->engine.authority->vendors[0];
    assert_int_equal(vendor->license_count, 3);
    vendor->licenses[0].revoked = first == REVOKED;
    vendor->licenses[1].revoked = second == REVOKED;
    struct request request = fixture_request(machine, 1);
    strcpy(request.edition, "edu");
    struct asked asked;
    ask(&asked, machine, &request);
    failing_store_reset();
    run(rig, &asked, 1);
    const enum error_code code = code_of(&asked);
    free_answers(&asked, 1);
    assert_string_equal(rig->engine.entries[0].license->license.id, first <= second ? "a" : "b");
    return code;
}

static void of_two_licenses_that_grant_nothing_the_denial_is_that_of_the_likelier_one(void **state)
{
    struct batch_rig *const rig = *state;
    static const enum error_code codes[] = {ERR_BELOW_THRESHOLD, ERR_NOT_YET_VALID, ERR_LICENSE_ENDED,
                                            ERR_LICENSE_REVOKED};
    uint64_t machine = 1;
    for (int first = 0; first < KINDS_OF_LICENSE; first++)
        for (int second = 0; second < KINDS_OF_LICENSE; second++) {
            assert_int_equal(denied_under(rig, (enum kind)first, (enum kind)second, machine++),
                             codes[first < second ? first : second]);
            /* It counts under the one that denies, and under another that is in force. */
            assert_int_equal(failing_store.made[CALL_MACHINE_PUT], first == 0 && second == 0 ? 2 : 1);
        }
}

/* The store keeps for which product it was when it was heard of; the file says it better. */
static void a_license_is_for_the_product_that_its_file_says(void **state)
{
    struct batch_rig *const rig = *state;
    uint32_t number;
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_license_make(rig->store, ledger_of(rig)->first, "late", "unheard-of", &number, NULL));
    assert_ok(store_commit(rig->store, NULL));
    struct license late = fixture_license(&rig->fixture, "late");
    late.not_after += DAY;
    strcpy(late.edition, "edu");
    fixture_put_license(&rig->fixture, &late);
    take_up(rig);
    struct request request = fixture_request(1, 1);
    strcpy(request.edition, "edu");
    struct asked asked;
    ask(&asked, 1, &request);
    run(rig, &asked, 1);
    assert_int_equal(code_of(&asked), OK);
    free_answers(&asked, 1);
    assert_string_equal(rig->engine.entries[0].license->license.id, "late");
}

/* Under the one that led to it, though the machine holds a seat under another one too; which then has nothing to deny.
 */
static void the_same_note_is_answered_under_the_license_of_its_lease(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    const struct license other = fixture_license(&rig->fixture, "other");
    fixture_put_license(&rig->fixture, &other);
    take_up(rig);
    struct authority_license *const main_license = &rig->engine.authority->vendors[0].licenses[0];
    main_license->revoked = true;
    struct asked asked;
    struct asked again;
    const struct request request = fixture_request(1, 2);
    ask(&asked, 1, &request);
    run(rig, &asked, 1);
    main_license->revoked = false;
    ask_again(&again, &asked);
    failing_store_reset();
    run(rig, &again, 1);
    assert_answered(rig, &again, OK);
    assert_string_equal(rig->engine.entries[0].license->license.id, "other");
    assert_int_equal(failing_store.made[CALL_FIGURES], 1);
    assert_int_equal(failing_store.made[CALL_MACHINE_PUT], 0);
    free_answers(&asked, 1);
    free_answers(&again, 1);
}

static void put_ended(struct batch_rig *rig, const char *edition)
{
    for (int i = 0; i < CANDIDATES_MAX + 2; i++) {
        char id[32];
        snprintf(id, sizeof id, "ended-%s-%02d", edition, i);
        struct license license = fixture_license(&rig->fixture, id);
        strcpy(license.edition, edition);
        license.not_after = TODAY;
        fixture_put_license(&rig->fixture, &license);
    }
}

/* Some are left out, but not before they were compared. */
static void one_license_in_force_is_found_behind_many_that_have_ended(void **state)
{
    struct batch_rig *const rig = *state;
    put_ended(rig, EDITION);
    put_ended(rig, "edu");
    take_up(rig);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_string_equal(rig->engine.entries[0].license->license.id, "main");
    struct request request = fixture_request(1, 2);
    strcpy(request.edition, "edu");
    struct asked asked;
    ask(&asked, 1, &request);
    failing_store_reset();
    run(rig, &asked, 1);
    assert_int_equal(code_of(&asked), ERR_LICENSE_ENDED);
    free_answers(&asked, 1);
    assert_int_equal(failing_store.made[CALL_FIGURES], 1); /* one says it for all */
}

/* ---- what is asked of the store ---- */

static void one_that_never_counted_leaves_no_row(void **state)
{
    struct batch_rig *const rig = *state;
    struct asked asked;
    struct request request = fixture_request(1, 1);
    request.time -= 5 * HOUR;
    ask(&asked, 1, &request);
    run(rig, &asked, 1);
    assert_int_equal(code_of(&asked), ERR_CLOCK_APART);
    free_answers(&asked, 1);
    assert_int_equal(release_for(rig, 2, 1), ERR_RELEASE_NOTHING);
    assert_int_equal(failing_store.made[CALL_MACHINE_PUT], 0);
    assert_int_equal(failing_store.made[CALL_LEAVES_APPEND], 0);
    assert_int_equal(failing_store.made[CALL_COMMIT], 2); /* one for each batch */
}

/* That the number was used is kept in the row of the license that the release names, where there is one. */
static void a_release_whose_number_was_used_makes_no_row(void **state)
{
    struct batch_rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "edu");
    strcpy(license.edition, "edu");
    fixture_put_license(&rig->fixture, &license);
    take_up(rig);
    assert_int_equal(ask_for(rig, 1, 5), OK);
    static const struct {
        const char *license;
        unsigned puts;
    } rows[] = {{"edu", 0}, {"main", 1}};
    for (size_t i = 0; i < 2; i++) {
        struct asked asked;
        const struct release release = fixture_release(1, rows[i].license, 5);
        give_back(&asked, 1, &release);
        failing_store_reset();
        run(rig, &asked, 1);
        assert_int_equal(code_of(&asked), ERR_NUMBER_USED);
        free_answers(&asked, 1);
        assert_int_equal(failing_store.made[CALL_MACHINE_PUT], rows[i].puts);
    }
    assert_int_equal(kept_denials(rig), 2);
    assert_int_equal(release_for(rig, 1, 4), ERR_NUMBER_USED); /* it was told, and is told no more */
    assert_int_equal(kept_denials(rig), 2);
}

static void the_answers_of_a_batch_are_made_of_its_own_leaves(void **state)
{
    struct batch_rig *const rig = *state;
    struct asked asked[3];
    for (uint64_t batch = 0; batch < 3; batch++) {
        for (uint64_t i = 0; i < 3; i++) {
            const struct request request = fixture_request(1 + 3 * batch + i, 1);
            ask(&asked[i], 1 + 3 * batch + i, &request);
        }
        failing_store_reset();
        run(rig, asked, 3);
        free_answers(asked, 3);
        assert_int_equal(failing_store.made[CALL_LEAVES], 0);
        assert_int_equal(failing_store.made[CALL_HASHES_GET], 0);
        assert_int_equal(failing_store.made[CALL_FETCH], 1);
        assert_int_equal(failing_store.made[CALL_COMMIT],
                         batch == 0 ? 2 : 1); /* the first checkpoint is kept at once */
        assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], batch < 2 ? 1 - batch : 1);
    }
}

/* Jobs of every kind: a grant, a grant to one that saw an earlier tree, a lease given again, a release, a number that
 * was used, a clock apart. */
enum { KINDS = 6 };
static void ask_all(struct batch_rig *rig, struct asked asked[static KINDS], uint64_t round)
{
    struct request requests[] = {fixture_request(100 + round, 1), fixture_request(200 + round, 1),
                                 fixture_request(1, 10 + round), fixture_request(3, 1), fixture_request(4, 1)};
    static struct about about = {.says = {.name = "pc"}};
    requests[1].seen = fixture_seen(&rig->signed_last);
    requests[3].time -= (seconds)round; /* another note each time */
    requests[4].time -= 5 * HOUR + (seconds)round;
    ask(&asked[0], 100 + round, &requests[0]);
    asked[0].job.about = &about;
    ask(&asked[1], 200 + round, &requests[1]);
    ask(&asked[2], 1, &requests[2]);
    ask(&asked[4], 3, &requests[3]);
    ask(&asked[5], 4, &requests[4]);
    const struct release release = fixture_release(300 + round, "main", 2);
    give_back(&asked[3], 300 + round, &release);
}

static void assert_refused(struct batch_rig *rig, const struct asked *asked, unsigned appends, uint64_t size)
{
    for (size_t i = 0; i < KINDS; i++)
        assert_int_equal(code_of(&asked[i]), ERR_HOST_STORAGE);
    uint64_t stored;
    assert_ok(store_ledger_size(rig->store, ledger_of(rig)->number, &stored, NULL));
    assert_int_equal(stored, size);
    assert_int_equal(ledger_of(rig)->frontier.size, size);
    assert_int_equal(ledger_of(rig)->count, 0);
    assert_int_equal(rig->appends, appends);
    assert_int_equal(rig->engine.trouble_logged, ERR_HOST_STORAGE);
}

static const enum error_code codes_of_all[KINDS] = {OK, OK, OK, OK, ERR_NUMBER_USED, ERR_CLOCK_APART};

static void assert_one_fails(struct batch_rig *rig, const struct asked *asked)
{
    size_t failed = 0;
    for (size_t i = 0; i < KINDS; i++)
        if (code_of(&asked[i]) == ERR_HOST_STORAGE)
            failed++;
        else
            assert_answered(rig, &asked[i], codes_of_all[i]);
    assert_true(failing_store.failed == CALL_LEAVES || failing_store.failed == CALL_HASHES_GET);
    assert_true(failed <= 1);
    assert_int_equal(rig->engine.trouble_logged, OK);
}

static void whichever_call_before_the_commit_fails_refuses_all_of_the_batch(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 3, 5), OK);
    struct asked asked[KINDS];
    bool failed[CALLS] = {false};
    for (uint64_t nth = 1; failing_store.failed != CALL_NONE || nth == 1; nth++) {
        failing_store_reset();
        assert_int_equal(ask_for(rig, 300 + nth, 1), OK);
        const unsigned appends = rig->appends;
        const uint64_t size = ledger_of(rig)->frontier.size;
        failing_store_reset();
        failing_store.fail_at = (unsigned)nth;
        ask_all(rig, asked, nth);
        run(rig, asked, KINDS);
        failing_store.fail_at = 0;
        const bool committed = failing_store.made[CALL_COMMIT] > 0 && failing_store.failed != CALL_COMMIT;
        failed[failing_store.failed] = true;
        if (!committed)
            assert_refused(rig, asked, appends, size);
        else if (failing_store.failed != CALL_NONE) /* what is read for one answer is missing in that one */
            assert_one_fails(rig, asked);
        free_answers(asked, KINDS);
    }
    static const enum store_call calls[] = {
        CALL_BEGIN,      CALL_COMMIT,     CALL_FETCH,         CALL_FIGURES, CALL_MACHINE_PUT,   CALL_ABOUT_PUT,
        CALL_DENIAL_ADD, CALL_HASHES_GET, CALL_HASHES_APPEND, CALL_LEAVES,  CALL_LEAVES_APPEND, CALL_CHECKPOINT_PUT};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        assert_true(failed[calls[i]]);
    assert_int_equal(rig->engine.trouble_logged, OK);
}

/* Whoever is told that a seat was taken back finds it so. */
static void whichever_call_before_the_commit_fails_reclaims_nothing(void **state)
{
    struct batch_rig *const rig = *state;
    struct reclaim reclaim;
    struct result done = FAIL(STORE_FAILED);
    bool failed[CALLS] = {false};
    assert_int_equal(ask_for(rig, 1, 1), OK);
    for (unsigned nth = 1; !is_ok(done); nth++) {
        reclaim = (struct reclaim){.machine = fixture_machine(1)};
        failing_store_reset();
        failing_store.fail_at = nth;
        done = batch_reclaim(&rig->engine, &reclaim, NULL);
        failing_store.fail_at = 0;
        failed[failing_store.failed] = true;
        assert_int_equal(ledger_of(rig)->frontier.size, is_ok(done) ? 2 : 1);
        assert_int_equal(rig->engine.metrics.reclaimed, is_ok(done) ? 1 : 0);
    }
    assert_true(failed[CALL_MACHINE_PUT] && failed[CALL_LEAVES_APPEND] && failed[CALL_COMMIT]);
    assert_int_equal(reclaim.kind, RECLAIM_FREES);
    assert_int_equal(ask_for(rig, 1, 2), ERR_MACHINE_BLOCKED);
    reclaim = (struct reclaim){.machine = fixture_machine(1)};
    assert_fails(batch_reclaim(&rig->engine, &reclaim, NULL), RECLAIM_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BATCH_TEST(a_batch_counts_what_became_of_its_jobs),
        BATCH_TEST(a_batch_that_adds_nothing_is_not_signed),
        BATCH_TEST(the_clock_of_every_job_is_heard),
        BATCH_TEST(the_log_says_once_that_most_clocks_are_apart_and_once_that_they_agree),
        BATCH_TEST(each_job_leaves_a_line_that_says_what_became_of_it),
        BATCH_TEST(a_lease_that_is_given_again_is_logged_as_that),
        BATCH_TEST(that_a_license_ends_is_said_once_for_each_time_before),
        BATCH_TEST(a_log_that_wants_less_gets_no_line_of_a_job),
        BATCH_TEST(a_number_that_was_used_is_told_once_until_something_else_is_said),
        BATCH_TEST(the_same_note_denied_again_tells_nothing),
        BATCH_TEST(a_denial_that_the_store_did_not_keep_is_kept_the_next_time),
        BATCH_TEST(of_two_licenses_that_grant_nothing_the_denial_is_that_of_the_likelier_one),
        BATCH_TEST(a_license_is_for_the_product_that_its_file_says),
        BATCH_TEST(the_same_note_is_answered_under_the_license_of_its_lease),
        BATCH_TEST(one_license_in_force_is_found_behind_many_that_have_ended),
        BATCH_TEST(one_that_never_counted_leaves_no_row),
        BATCH_TEST(a_release_whose_number_was_used_makes_no_row),
        BATCH_TEST(the_answers_of_a_batch_are_made_of_its_own_leaves),
        BATCH_TEST(whichever_call_before_the_commit_fails_refuses_all_of_the_batch),
        BATCH_TEST(whichever_call_before_the_commit_fails_reclaims_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
