/*
 * The engine with real stores and the real signer: what machines are answered, and that every answer holds. Each answer
 * of a lease is believed as a machine would, and tied to the checkpoint that the machine saw before.
 */
#include "fault_vfs.h"
#include "host_fixture.h"

#include "proto/answer.h"
#include "store/ledger.h"
#include "store/memory.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MACHINES = 40 };

/* An engine on a folder with the license "main". */
struct rig {
    struct host_fixture fixture;
    bool sqlite;
    struct store *store;
    struct engine *engine;
    struct checkpoint seen; /* the newest that any answer showed */
};

static void open_store(struct rig *rig)
{
    if (!rig->sqlite) {
        assert_ok(store_open_memory(&rig->store));
        return;
    }
    char path[PATH_SIZE];
    assert_ok(path_join(path, rig->fixture.folder, FOLDER_DATABASE));
    const struct store_sqlite_options options = {.path = path, .vfs = fault_vfs(), .create = true};
    assert_ok(store_open_sqlite(&options, &rig->store, NULL));
}

static RESULT try_start(struct rig *rig, struct reason *reason)
{
    struct authority *const authority = fixture_authority(&rig->fixture);
    const struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    const struct result result = engine_start(&options, &rig->engine, reason);
    authority_release(authority);
    return result;
}

static void start(struct rig *rig)
{
    assert_ok(try_start(rig, NULL));
}

static void stop(struct rig *rig)
{
    engine_stop(rig->engine);
    rig->engine = NULL;
}

static int setup(void **state, bool sqlite)
{
    struct rig *const rig = calloc(1, sizeof *rig);
    rig->sqlite = sqlite;
    fault_set(FAULT_NONE, 0);
    host_fixture_make(&rig->fixture);
    const struct license license = fixture_license(&rig->fixture, "main");
    fixture_put_license(&rig->fixture, &license);
    open_store(rig);
    start(rig);
    *state = rig;
    return 0;
}

static int setup_memory(void **state)
{
    return setup(state, false);
}

static int setup_sqlite(void **state)
{
    return setup(state, true);
}

static int teardown(void **state)
{
    struct rig *const rig = *state;
    fault_set(FAULT_NONE, 0);
    engine_stop(rig->engine);
    store_close(rig->store);
    host_fixture_remove(&rig->fixture);
    free(rig);
    return 0;
}

/* Puts the license in place of the one of its id, and has the engine take it up. */
static void use_license(struct rig *rig, const struct license *license)
{
    fixture_put_license(&rig->fixture, license);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
}

/* ---- asking ---- */

struct asked {
    struct job job;
    sem_t answered;
};

static void answered(struct job *job)
{
    struct asked *const asked = job->context;
    sem_post(&asked->answered);
}

static void submit(struct rig *rig, struct asked *asked, const struct request *request)
{
    memset(asked, 0, sizeof *asked);
    sem_init(&asked->answered, 0, 0);
    asked->job.kind = JOB_ACTIVATE;
    asked->job.request = *request;
    strcpy(asked->job.address, "192.0.2.7");
    asked->job.done = answered;
    asked->job.context = asked;
    assert_ok(engine_submit(rig->engine, &asked->job));
}

static void await(struct asked *asked)
{
    while (sem_wait(&asked->answered) != 0)
        continue;
    sem_destroy(&asked->answered);
    assert_non_null(asked->job.body);
}

static struct slice body_of(const struct asked *asked)
{
    return slice_make(asked->job.body, asked->job.body_size);
}

/* Reads a denial and frees the answer. */
static struct denial denial_of(struct asked *asked)
{
    struct denial denial;
    assert_ok(denial_read(body_of(asked), &denial));
    assert_int_equal(asked->job.http_status, error_info(denial.code)->http_status);
    free(asked->job.body);
    return denial;
}

/* Believes an answer as the machine that sent the request would, checks that its ledger extends the one seen, and frees
 * it. */
static struct believed lease_of(struct rig *rig, struct asked *asked)
{
    const struct request *const request = &asked->job.request;
    assert_int_equal(asked->job.http_status, 200);
    struct answer answer;
    assert_ok(answer_read(body_of(asked), &answer));
    const struct belief belief = {.vendor_keys = signing_key_verifier(rig->fixture.vendor),
                                  .vendor_key_count = 1,
                                  .vendor = VENDOR,
                                  .product = PRODUCT,
                                  .edition = EDITION,
                                  .machine = request->machine,
                                  .nonce = request->nonce,
                                  .hardware = &request->hardware,
                                  .now = fixture_now(),
                                  .fresh = true};
    struct tlog_proof proof;
    struct lease lease;
    assert_ok(tlog_proof_read(answer.proof, &proof));
    assert_ok(lease_read(slice_make(proof.extra, proof.extra_size), &lease));
    struct authority *const authority = engine_authority(rig->engine);
    const struct authority_license *const license = authority_find_license(authority, lease.license, NULL);
    assert_non_null(license);
    struct believed believed;
    assert_ok(believe(&belief, slice_make(license->note, license->note_size), answer.proof, &believed));
    authority_release(authority);
    if (request->seen > 0 && request->seen == rig->seen.size)
        assert_ok(consistency_verify(request->seen, believed.checkpoint.size, answer.consistency,
                                     answer.consistency_length, &rig->seen.root, &believed.checkpoint.root));
    else
        assert_int_equal(answer.consistency_length, 0);
    if (believed.checkpoint.size >= rig->seen.size)
        rig->seen = believed.checkpoint;
    free(asked->job.body);
    return believed;
}

static struct believed grant(struct rig *rig, uint64_t machine, uint64_t nonce)
{
    struct request request = fixture_request(machine, nonce);
    request.seen = rig->seen.size;
    struct asked asked;
    submit(rig, &asked, &request);
    await(&asked);
    return lease_of(rig, &asked);
}

static struct denial refusal(struct rig *rig, const struct request *request)
{
    struct asked asked;
    submit(rig, &asked, request);
    await(&asked);
    return denial_of(&asked);
}

static enum error_code refuse(struct rig *rig, uint64_t machine, uint64_t nonce)
{
    const struct request request = fixture_request(machine, nonce);
    return refusal(rig, &request).code;
}

static void release(struct rig *rig, struct asked *asked, uint64_t machine, bool right_secret)
{
    memset(asked, 0, sizeof *asked);
    sem_init(&asked->answered, 0, 0);
    asked->job.kind = JOB_RELEASE;
    strcpy(asked->job.release.license, "main");
    asked->job.release.machine = fixture_request(machine, 0).machine;
    fixture_secret(machine + (right_secret ? 0 : 1), asked->job.release.secret);
    asked->job.done = answered;
    asked->job.context = asked;
    assert_ok(engine_submit(rig->engine, &asked->job));
    await(asked);
}

static struct metrics metrics_of(struct rig *rig)
{
    struct metrics metrics;
    engine_metrics(rig->engine, &metrics);
    return metrics;
}

static uint64_t denied_of(struct rig *rig, enum error_code code)
{
    const struct metrics metrics = metrics_of(rig);
    return metrics_denials(&metrics, code);
}

/* Holds the engine between two batches, so that what is submitted meanwhile forms one. */
struct gate {
    sem_t entered;
    sem_t open;
    struct engine *engine;
    pthread_t thread;
};

static RESULT stand_in_gate(void *context, struct store *store, struct reason *reason)
{
    struct gate *const gate = context;
    (void)store;
    (void)reason;
    sem_post(&gate->entered);
    while (sem_wait(&gate->open) != 0)
        continue;
    return RESULT_OK;
}

static void *gate_thread(void *context)
{
    struct gate *const gate = context;
    result_ignore(engine_run(gate->engine, stand_in_gate, gate));
    return NULL;
}

static void gate_close(struct rig *rig, struct gate *gate)
{
    sem_init(&gate->entered, 0, 0);
    sem_init(&gate->open, 0, 0);
    gate->engine = rig->engine;
    pthread_create(&gate->thread, NULL, gate_thread, gate);
    while (sem_wait(&gate->entered) != 0)
        continue;
}

static void gate_open(struct gate *gate)
{
    sem_post(&gate->open);
    pthread_join(gate->thread, NULL);
    sem_destroy(&gate->entered);
    sem_destroy(&gate->open);
}

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
    assert_ok(engine_run(rig->engine, block_first, NULL));
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
    assert_fails(engine_run(rig->engine, fail_after_blocking, NULL), NOT_FOUND);
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

/* ---- trouble ---- */

static void a_full_disk_refuses_the_batch_and_ends_when_there_is_room(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    fault_set(FAULT_WRITE, 0);
    assert_int_equal(refuse(rig, 2, 0), ERR_HOST_STORAGE);
    assert_int_equal(refuse(rig, 1, 1), ERR_HOST_STORAGE);
    assert_int_equal(metrics_of(rig).trouble, ERR_HOST_STORAGE);
    fault_set(FAULT_NONE, 0);
    assert_int_equal(grant(rig, 2, 0).index, 1);
    assert_int_equal(metrics_of(rig).trouble, OK);
}

static void a_failed_sync_refuses_the_batch(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    fault_set(FAULT_SYNC, 0);
    assert_int_equal(refuse(rig, 2, 0), ERR_HOST_STORAGE);
    fault_set(FAULT_NONE, 0);
    assert_int_equal(grant(rig, 3, 0).index, 1);
    assert_int_equal(grant(rig, 2, 1).index, 2);
}

/* The signer's folder under another name, where it finds no keys. */
static void move_keys(struct rig *rig, bool away)
{
    char here[PATH_SIZE];
    char there[PATH_SIZE];
    assert_ok(path_join(here, rig->fixture.folder, FOLDER_SIGNER));
    assert_ok(path_join(there, rig->fixture.folder, "signer-away"));
    assert_int_equal(away ? rename(here, there) : rename(there, here), 0);
}

/* Ends the signer's process as a crash would: the children of this process are signers. */
static void kill_signer(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *const children = fopen(path, "re");
    assert_non_null(children);
    int child;
    size_t killed = 0;
    while (fscanf(children, "%d", &child) == 1)
        killed += kill(child, SIGKILL) == 0;
    fclose(children);
    assert_true(killed > 0);
}

static void a_signer_that_dies_is_replaced_and_the_machine_notices_nothing(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    kill_signer();
    assert_int_equal(grant(rig, 2, 0).index, 1);
    assert_int_equal(grant(rig, 1, 0).index, 0);
    assert_int_equal(metrics_of(rig).trouble, OK);
}

static void without_a_signer_nothing_is_granted_and_nothing_is_lost(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    move_keys(rig, true);
    kill_signer();
    assert_int_equal(refuse(rig, 2, 0), ERR_HOST_SIGNER); /* committed, and not signed */
    assert_int_equal(refuse(rig, 3, 0), ERR_HOST_SIGNER);
    assert_int_equal(metrics_of(rig).trouble, ERR_HOST_SIGNER);
    move_keys(rig, false);
    stop(rig);
    start(rig);
    assert_int_equal(grant(rig, 2, 0).index, 1); /* the leaf of then, fed to the signer since */
    assert_int_equal(grant(rig, 3, 0).index, 2);
}

static void a_database_behind_its_signer_is_refused(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    stop(rig);
    store_close(rig->store);
    assert_ok(store_open_memory(&rig->store));
    struct reason reason = {.text = ""};
    assert_fails(try_start(rig, &reason), STORE_ROLLED_BACK);
    assert_string_equal(reason.text, "ledger " HOST "/" VENDOR ": the database has 0 leaves, 1 were signed");
}

static void a_database_of_another_history_is_refused(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 0);
    stop(rig);
    store_close(rig->store);
    assert_ok(store_open_memory(&rig->store));
    uint32_t ledger;
    const struct slice leaf = slice_of("another history");
    const struct hash hash = merkle_leaf(leaf);
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_ledger_make(rig->store, HOST "/" VENDOR, &ledger, NULL));
    for (uint64_t i = 0; i < 2; i++) {
        assert_ok(store_leaves_append(rig->store, ledger, i, &leaf, 1, NULL));
        assert_ok(store_hashes_append(rig->store, ledger, 0, i, &hash, 1, NULL));
    }
    assert_ok(store_commit(rig->store, NULL));
    struct reason reason = {.text = ""};
    assert_fails(try_start(rig, &reason), STORE_ROLLED_BACK);
    assert_string_equal(reason.text, "ledger " HOST "/" VENDOR
                                     ": the database has 2 leaves, but other ones than the 1 that were signed");
}

static void a_clock_that_was_set_back_stands_still_at_the_newest_leaf(void **state)
{
    struct rig *const rig = *state;
    assert_int_equal(grant(rig, 1, 0).lease.issued, TODAY);
    fixture_set_now(TODAY - 30);
    assert_int_equal(grant(rig, 2, 0).lease.issued, TODAY);
    fixture_set_now(TODAY - 3 * HOUR);
    assert_int_equal(grant(rig, 3, 0).lease.issued, TODAY);
    stop(rig);
    start(rig);
    assert_int_equal(grant(rig, 4, 0).lease.issued, TODAY);
    fixture_set_now(TODAY + 1);
    assert_int_equal(grant(rig, 5, 0).lease.issued, TODAY + 1);
}

#define ON_MEMORY(name) \
    { \
#name "_in_memory", name, setup_memory, teardown, NULL \
    }
#define ON_SQLITE(name) \
    { \
#name "_in_sqlite", name, setup_sqlite, teardown, NULL \
    }
#define ON_BOTH(name) ON_MEMORY(name), ON_SQLITE(name)

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
        ON_SQLITE(a_full_disk_refuses_the_batch_and_ends_when_there_is_room),
        ON_SQLITE(a_failed_sync_refuses_the_batch),
        ON_BOTH(a_signer_that_dies_is_replaced_and_the_machine_notices_nothing),
        ON_BOTH(without_a_signer_nothing_is_granted_and_nothing_is_lost),
        ON_MEMORY(a_database_behind_its_signer_is_refused),
        ON_MEMORY(a_database_of_another_history_is_refused),
        ON_BOTH(a_clock_that_was_set_back_stands_still_at_the_newest_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
