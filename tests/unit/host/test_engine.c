/* The engine with real stores and the real signer: what machines are answered, and that every answer holds. */
#include "engine_rig.h"

#include "proto/answer.h"
#include "store/ledger.h"
#include "store/operators.h"

#include <stdlib.h>
#include <string.h>

enum { MACHINES = 40 };

/* ---- the rules, through the whole engine ---- */

static void a_lease_is_granted_and_believed(void **state)
{
    struct rig *const rig = *state;
    const struct believed believed = grant(rig, 1, 1);
    assert_int_equal(believed.index, 0);
    assert_int_equal(believed.checkpoint.size, 1);
    assert_int_equal(believed.lease.issued, TODAY);
    const struct metrics metrics = metrics_of(rig);
    assert_int_equal(metrics.granted, 1);
    assert_int_equal(metrics.signatures, 1);
    assert_int_equal(metrics.trouble, OK);
}

static void machines_below_the_threshold_are_refused_and_counted(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.threshold = 5;
    use_license(rig, &license);
    for (uint64_t i = 1; i < 5; i++) {
        const struct request request = fixture_request(i, 0);
        const struct denial denial = refusal(rig, &request);
        assert_int_equal(denial.code, ERR_BELOW_THRESHOLD);
        assert_int_equal(denial.count, i);
        assert_int_equal(denial.threshold, 5);
    }
    assert_int_equal(refuse(rig, 4, 1), ERR_BELOW_THRESHOLD); /* the same machine again does not count twice */
    grant(rig, 5, 0);
    grant(rig, 1, 1);
    assert_int_equal(denied_of(rig, ERR_BELOW_THRESHOLD), 5);
}

static void seats_end_and_come_back_by_release(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = 2;
    license.overage = 1;
    use_license(rig, &license);
    for (uint64_t i = 1; i <= 3; i++)
        grant(rig, i, 0);
    assert_int_equal(refuse(rig, 4, 0), ERR_NO_SEATS);

    struct asked asked;
    release(rig, &asked, 2, false);
    assert_int_equal(denial_of(&asked).code, ERR_RELEASE_SECRET);
    release(rig, &asked, 2, true);
    assert_int_equal(asked.job.http_status, 200);
    struct tlog_proof proof;
    struct checkpoint checkpoint;
    struct released released;
    assert_ok(tlog_proof_read(body_of(&asked), &proof));
    const struct slice leaf = slice_make(proof.extra, proof.extra_size);
    assert_ok(tlog_proof_verify(&proof, leaf, &rig->fixture.host_key, &checkpoint));
    assert_ok(released_read(leaf, &released));
    assert_string_equal(released.license, "main");
    assert_int_equal(checkpoint.size, 4);
    free(asked.job.body);
    release(rig, &asked, 2, true);
    assert_int_equal(denial_of(&asked).code, ERR_RELEASE_NOTHING);

    grant(rig, 4, 1);
    assert_int_equal(refuse(rig, 2, 1), ERR_NO_SEATS);
}

static void a_release_under_an_unknown_license_is_refused(void **state)
{
    struct rig *const rig = *state;
    struct asked asked = {.job = {.kind = JOB_RELEASE, .done = answered, .context = &asked}};
    sem_init(&asked.answered, 0, 0);
    strcpy(asked.job.release.license, "unheard-of");
    assert_ok(engine_submit(rig->engine, &asked.job));
    await(&asked);
    assert_int_equal(denial_of(&asked).code, ERR_RELEASE_NOTHING);
}

static void the_same_nonce_gets_the_same_lease_from_a_grown_ledger(void **state)
{
    struct rig *const rig = *state;
    const struct believed first = grant(rig, 1, 9);
    for (uint64_t i = 2; i <= 20; i++)
        grant(rig, i, 0);
    const struct believed again = grant(rig, 1, 9);
    assert_int_equal(again.index, first.index);
    assert_int_equal(again.checkpoint.size, 20);
    assert_memory_equal(&again.lease, &first.lease, sizeof first.lease);
    assert_int_equal(metrics_of(rig).repeated, 1);
    const struct believed renewed = grant(rig, 1, 10);
    assert_int_equal(renewed.index, 20);
}

static void the_same_nonce_twice_in_one_batch_is_one_leaf(void **state)
{
    struct rig *const rig = *state;
    struct gate gate;
    gate_close(rig, &gate);
    struct asked asked[3];
    const struct request request = fixture_request(1, 1);
    const struct request other = fixture_request(2, 1);
    submit(rig, &asked[0], &request);
    submit(rig, &asked[1], &other);
    submit(rig, &asked[2], &request);
    gate_open(&gate);
    for (size_t i = 0; i < 3; i++)
        await(&asked[i]);
    assert_int_equal(lease_of(rig, &asked[0]).index, 0);
    assert_int_equal(lease_of(rig, &asked[1]).index, 1);
    assert_int_equal(lease_of(rig, &asked[2]).index, 0);
    const struct metrics metrics = metrics_of(rig);
    assert_int_equal(metrics.granted, 2);
    assert_int_equal(metrics.repeated, 1);
    assert_int_equal(metrics.largest_batch, 3);
    assert_int_equal(metrics.signatures, 1);
}

static RESULT block_first(void *context, struct store *store, struct reason *reason)
{
    const struct request request = fixture_request(1, 0);
    (void)context;
    return store_block(store, &request.machine, TODAY, "stolen", reason);
}

static void a_blocked_machine_is_refused(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    assert_ok(engine_run(rig->engine, block_first, NULL, NULL));
    assert_int_equal(refuse(rig, 1, 1), ERR_MACHINE_BLOCKED);
    grant(rig, 2, 0);
}

static RESULT fail_after_blocking(void *context, struct store *store, struct reason *reason)
{
    TRY(block_first(context, store, reason));
    return FAIL(NOT_FOUND);
}

static void an_errand_that_fails_leaves_nothing_behind(void **state)
{
    struct rig *const rig = *state;
    assert_fails(engine_run(rig->engine, fail_after_blocking, NULL, NULL), NOT_FOUND);
    grant(rig, 1, 0);
}

static bool count_denial(void *context, const struct denial_entry *entry)
{
    struct denial_entry *const last = context;
    last->number++;
    last->code = entry->code;
    strcpy(last->product, entry->product);
    strcpy(last->address, entry->address);
    return true;
}

static void what_no_license_covers_is_refused_and_kept(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 0);
    strcpy(request.product, "unheard-of");
    assert_int_equal(refusal(rig, &request).code, ERR_NO_LICENSE);
    strcpy(request.vendor, "nobody.example");
    assert_int_equal(refusal(rig, &request).code, ERR_NO_LICENSE);
    struct denial_entry last = {.number = 0};
    stop(rig);
    assert_ok(store_denials(rig->store, &request.machine, 0, 10, count_denial, &last, NULL));
    assert_int_equal(last.number, 2);
    assert_int_equal(last.code, ERR_NO_LICENSE);
    assert_string_equal(last.product, "unheard-of");
    assert_string_equal(last.address, "192.0.2.7");
}

static void a_clock_too_far_apart_is_refused_with_both_clocks(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 0);
    request.time = TODAY - 5 * HOUR;
    const struct denial denial = refusal(rig, &request);
    assert_int_equal(denial.code, ERR_CLOCK_APART);
    assert_int_equal(denial.host_time, TODAY);
    assert_int_equal(denial.machine_time, TODAY - 5 * HOUR);
}

/* ---- several licenses ---- */

static void a_machine_goes_on_under_the_license_that_has_room(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = 1;
    fixture_put_license(&rig->fixture, &license);
    license = fixture_license(&rig->fixture, "second");
    license.threshold = 2; /* the first machine has counted here too, though it was not needed */
    use_license(rig, &license);
    assert_string_equal(grant(rig, 1, 0).license.id, "main");
    assert_string_equal(grant(rig, 2, 0).license.id, "second");
    assert_string_equal(grant(rig, 2, 1).license.id, "second"); /* renews where it holds */
    assert_string_equal(grant(rig, 1, 1).license.id, "main");
    assert_string_equal(grant(rig, 2, 1).license.id, "second");
    assert_int_equal(metrics_of(rig).repeated, 1);
}

static void an_ended_license_speaks_only_where_none_is_in_force(void **state)
{
    struct rig *const rig = *state;
    struct license ended = fixture_license(&rig->fixture, "a-ended");
    ended.not_before = TODAY - (seconds)400 * DAY;
    ended.issued = ended.not_before;
    ended.not_after = TODAY - DAY;
    use_license(rig, &ended);
    grant(rig, 1, 0);
    struct license full = fixture_license(&rig->fixture, "main");
    full.seats = 1;
    use_license(rig, &full);
    assert_int_equal(refuse(rig, 2, 0), ERR_NO_SEATS);
    strcpy(ended.edition, "edu");
    use_license(rig, &ended);
    struct request request = fixture_request(3, 0);
    strcpy(request.edition, "edu");
    assert_int_equal(refusal(rig, &request).code, ERR_LICENSE_ENDED);
}

static void a_revoked_license_grants_nothing(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    fixture_put_revocations(&rig->fixture, 3, "main");
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    assert_int_equal(refuse(rig, 1, 1), ERR_LICENSE_REVOKED);
}

static void the_answer_tells_the_newest_revocations(void **state)
{
    struct rig *const rig = *state;
    fixture_put_revocations(&rig->fixture, 7, "some-other");
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    const struct request request = fixture_request(1, 0);
    struct asked asked;
    struct answer answer;
    submit(rig, &asked, &request);
    await(&asked);
    assert_ok(answer_read(body_of(&asked), &answer));
    assert_int_equal(answer.revocations, 7);
    free(asked.job.body);
}

static void a_vendor_enrolled_while_it_runs_is_served(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    struct signing_key *other CLEANUP_SIGNING_KEY = vendor_key("zeta.example");
    struct verifier_key host_key;
    fixture_enroll(&rig->fixture, other, &host_key);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    struct request request = fixture_request(2, 0);
    strcpy(request.vendor, "zeta.example");
    assert_int_equal(refusal(rig, &request).code, ERR_NO_LICENSE);
    grant(rig, 1, 1);
    assert_int_equal(metrics_of(rig).trouble, OK);
}

/* ---- the ledger ---- */

static void the_ledger_grows_consistently_over_batches_of_any_size(void **state)
{
    struct rig *const rig = *state;
    static const size_t sizes[] = {1, 2, 7, 1, 30, 64, 3, 200};
    uint64_t machine = 0;
    for (size_t b = 0; b < sizeof sizes / sizeof *sizes; b++) {
        struct gate gate;
        gate_close(rig, &gate);
        struct asked *const asked = calloc(sizes[b], sizeof *asked);
        for (size_t i = 0; i < sizes[b]; i++) {
            struct request request = fixture_request(++machine % 100, b);
            request.seen = rig->seen.size;
            submit(rig, &asked[i], &request);
        }
        gate_open(&gate);
        const struct checkpoint seen = rig->seen;
        for (size_t i = 0; i < sizes[b]; i++) {
            await(&asked[i]);
            const struct checkpoint newest = rig->seen;
            rig->seen = seen;
            lease_of(rig, &asked[i]);
            if (rig->seen.size < newest.size)
                rig->seen = newest;
        }
        free(asked);
    }
    assert_true(metrics_of(rig).largest_batch <= 64);
    assert_true(rig->seen.size > 200);
}

static void a_machine_that_saw_more_than_there_is_gets_no_proof(void **state)
{
    struct rig *const rig = *state;
    struct request request = fixture_request(1, 0);
    request.seen = 1000;
    struct asked asked;
    submit(rig, &asked, &request);
    await(&asked);
    lease_of(rig, &asked);
}

static void a_restart_goes_on_where_it_was(void **state)
{
    struct rig *const rig = *state;
    for (uint64_t i = 1; i <= 5; i++)
        grant(rig, i, 0);
    stop(rig);
    if (rig->sqlite) {
        store_close(rig->store);
        open_store(rig);
    }
    start(rig);
    assert_int_equal(grant(rig, 3, 0).index, 2);
    assert_int_equal(grant(rig, 6, 0).index, 5);
}

static void the_last_checkpoint_is_in_the_store_after_the_end(void **state)
{
    struct rig *const rig = *state;
    for (uint64_t i = 1; i <= 3; i++)
        grant(rig, i, 0);
    stop(rig);
    uint32_t ledger;
    assert_ok(store_ledger_find(rig->store, HOST "/" VENDOR, &ledger, NULL));
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(store_checkpoint_get(rig->store, ledger, &note, NULL));
    struct checkpoint checkpoint;
    assert_ok(checkpoint_open(buffer_slice(&note), &rig->fixture.host_key, &checkpoint));
    assert_int_equal(checkpoint.size, 3);
    assert_true(hash_equal(&checkpoint.root, &rig->seen.root));
}

/* ---- many at once ---- */

struct crowd {
    struct rig *rig;
    uint64_t first;
    pthread_t thread;
    struct asked asked[MACHINES];
};

static void *crowd_thread(void *context)
{
    struct crowd *const crowd = context;
    for (uint64_t i = 0; i < MACHINES; i++) {
        const struct request request = fixture_request(crowd->first + i, 0);
        submit(crowd->rig, &crowd->asked[i], &request);
    }
    for (uint64_t i = 0; i < MACHINES; i++)
        await(&crowd->asked[i]);
    return NULL;
}

static void many_threads_share_the_seats_exactly(void **state)
{
    enum { THREADS = 4 };
    struct rig *const rig = *state;
    struct crowd *const crowds = calloc(THREADS, sizeof *crowds);
    for (size_t t = 0; t < THREADS; t++) {
        crowds[t].rig = rig;
        crowds[t].first = 1 + t * MACHINES;
        pthread_create(&crowds[t].thread, NULL, crowd_thread, &crowds[t]);
    }
    size_t granted = 0;
    for (size_t t = 0; t < THREADS; t++) {
        pthread_join(crowds[t].thread, NULL);
        for (size_t i = 0; i < MACHINES; i++)
            if (crowds[t].asked[i].job.http_status == 200) {
                granted++;
                lease_of(rig, &crowds[t].asked[i]);
            } else {
                assert_int_equal(denial_of(&crowds[t].asked[i]).code, ERR_NO_SEATS);
            }
    }
    free(crowds);
    assert_int_equal(granted, 100);
    assert_int_equal(rig->seen.size, 100);
}

static void a_full_queue_is_busy(void **state)
{
    struct rig *const rig = *state;
    stop(rig);
    struct authority *const authority = fixture_authority(&rig->fixture);
    struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    options.queue = 2;
    assert_ok(engine_start(&options, &rig->engine, NULL));
    authority_release(authority);
    struct gate gate;
    gate_close(rig, &gate);
    struct asked asked[2];
    for (uint64_t i = 0; i < 2; i++) {
        const struct request request = fixture_request(i + 1, 0);
        submit(rig, &asked[i], &request);
    }
    struct job third = {.kind = JOB_ACTIVATE};
    assert_fails(engine_submit(rig->engine, &third), HOST_BUSY);
    assert_int_equal(metrics_of(rig).queued, 2);
    assert_int_equal(denied_of(rig, ERR_HOST_BUSY), 1);
    gate_open(&gate);
    for (size_t i = 0; i < 2; i++) {
        await(&asked[i]);
        lease_of(rig, &asked[i]);
    }
}

static void what_is_queued_at_the_end_is_answered(void **state)
{
    struct rig *const rig = *state;
    struct gate gate;
    gate_close(rig, &gate);
    struct asked asked[3];
    for (uint64_t i = 0; i < 3; i++) {
        const struct request request = fixture_request(i + 1, 0);
        submit(rig, &asked[i], &request);
    }
    gate_open(&gate);
    stop(rig);
    for (size_t i = 0; i < 3; i++) {
        await(&asked[i]);
        assert_int_equal(asked[i].job.http_status, 200);
        free(asked[i].job.body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_lease_is_granted_and_believed),
        ON_BOTH(machines_below_the_threshold_are_refused_and_counted),
        ON_BOTH(seats_end_and_come_back_by_release),
        ON_MEMORY(a_release_under_an_unknown_license_is_refused),
        ON_BOTH(the_same_nonce_gets_the_same_lease_from_a_grown_ledger),
        ON_BOTH(the_same_nonce_twice_in_one_batch_is_one_leaf),
        ON_BOTH(a_blocked_machine_is_refused),
        ON_BOTH(an_errand_that_fails_leaves_nothing_behind),
        ON_BOTH(what_no_license_covers_is_refused_and_kept),
        ON_MEMORY(a_clock_too_far_apart_is_refused_with_both_clocks),
        ON_BOTH(a_machine_goes_on_under_the_license_that_has_room),
        ON_MEMORY(an_ended_license_speaks_only_where_none_is_in_force),
        ON_MEMORY(a_revoked_license_grants_nothing),
        ON_MEMORY(the_answer_tells_the_newest_revocations),
        ON_MEMORY(a_vendor_enrolled_while_it_runs_is_served),
        ON_BOTH(the_ledger_grows_consistently_over_batches_of_any_size),
        ON_MEMORY(a_machine_that_saw_more_than_there_is_gets_no_proof),
        ON_BOTH(a_restart_goes_on_where_it_was),
        ON_BOTH(the_last_checkpoint_is_in_the_store_after_the_end),
        ON_BOTH(many_threads_share_the_seats_exactly),
        ON_MEMORY(a_full_queue_is_busy),
        ON_BOTH(what_is_queued_at_the_end_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
