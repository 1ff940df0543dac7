/* An engine with machines that ask it; see engine_rig.h. */
#include "engine_rig.h"

#include "core/documents/leaf.h"
#include "proto/answer.h"
#include "store/memory.h"
#include "store/sqlite.h"

#include <stdlib.h>
#include <string.h>

void open_store(struct rig *rig)
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

RESULT try_start(struct rig *rig, struct reason *reason)
{
    struct authority *const authority = fixture_authority(&rig->fixture);
    const struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    const struct result result = engine_start(&options, &rig->engine, reason);
    authority_release(authority);
    return result;
}

void start(struct rig *rig)
{
    assert_ok(try_start(rig, NULL));
}

void stop(struct rig *rig)
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

int setup_memory(void **state)
{
    return setup(state, false);
}

int setup_sqlite(void **state)
{
    return setup(state, true);
}

int teardown(void **state)
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
void use_license(struct rig *rig, const struct license *license)
{
    fixture_put_license(&rig->fixture, license);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
}

/* ---- asking ---- */

void answered(struct job *job)
{
    struct asked *const asked = job->context;
    sem_post(&asked->answered);
}

static void asked_begin(struct asked *asked)
{
    memset(asked, 0, sizeof *asked);
    sem_init(&asked->answered, 0, 0);
    strcpy(asked->job.address, "192.0.2.7");
    asked->job.done = answered;
    asked->job.context = asked;
}

void submit(struct rig *rig, struct asked *asked, uint64_t machine, const struct request *request)
{
    asked_begin(asked);
    fixture_ask(&asked->job, machine, request);
    assert_ok(engine_submit(rig->engine, &asked->job));
}

void submit_telling(struct rig *rig, struct asked *asked, uint64_t machine, const struct request *request,
                    struct about *about)
{
    asked_begin(asked);
    fixture_ask(&asked->job, machine, request);
    asked->job.about = about;
    assert_ok(engine_submit(rig->engine, &asked->job));
}

void submit_again(struct rig *rig, struct asked *asked, const struct job *sent)
{
    asked_begin(asked);
    asked->job.kind = sent->kind;
    if (sent->kind == JOB_ACTIVATE)
        asked->job.request = sent->request;
    else
        asked->job.release = sent->release;
    memcpy(asked->job.note, sent->note, sent->note_size);
    asked->job.note_size = sent->note_size;
    asked->job.note_hash = sent->note_hash;
    assert_ok(engine_submit(rig->engine, &asked->job));
}

void await(struct asked *asked)
{
    while (sem_wait(&asked->answered) != 0)
        continue;
    sem_destroy(&asked->answered);
    assert_non_null(asked->job.body);
}

struct slice body_of(const struct asked *asked)
{
    return slice_make(asked->job.body, asked->job.body_size);
}

/* Reads a denial and frees the answer. */
struct denial denial_of(struct asked *asked)
{
    struct denial denial;
    struct slice behind;
    assert_ok(denial_read(document_head(body_of(asked), &behind), &denial));
    assert_true(behind.size == 0 || denial.code == ERR_NUMBER_USED);
    assert_int_equal(asked->job.http_status, error_info(denial.code)->http_status);
    job_drop_answer(&asked->job);
    return denial;
}

/* Whether the ledger of an answer extends the one seen; what it showed is seen from then on. */
static void check_extends(struct rig *rig, const struct seen *seen, const struct answer *answer,
                          const struct checkpoint *shown)
{
    if (seen->size > 0 && strcmp(seen->origin, shown->origin) == 0)
        assert_ok(consistency_verify(seen->size, shown->size, answer->consistency, answer->consistency_length,
                                     &seen->root, &shown->root));
    else
        assert_int_equal(answer->consistency_length, 0);
    if (shown->size >= rig->seen.size)
        rig->seen = *shown;
}

struct believed lease_of(struct rig *rig, struct asked *asked)
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
                                  .machine_key = &request->machine_key,
                                  .awaited = slice_make(asked->job.note, asked->job.note_size),
                                  .number = request->number,
                                  .asked = &request->host_key,
                                  .hardware = &request->hardware,
                                  .now = fixture_now(),
                                  .fresh = true};
    struct tlog_proof proof;
    struct lease lease;
    assert_ok(tlog_proof_read(answer.proof, &proof));
    struct slice note;
    assert_ok(lease_read(slice_make(proof.extra, proof.extra_size), &lease, &note));
    struct authority *const authority = engine_authority(rig->engine);
    const struct authority_license *const license = authority_find_license(authority, lease.license, NULL);
    assert_non_null(license);
    struct believed believed;
    assert_ok(believe(&belief, slice_make(license->note, license->note_size), answer.proof, &believed));
    authority_release(authority);
    check_extends(rig, &request->seen, &answer, &believed.checkpoint);
    job_drop_answer(&asked->job);
    return believed;
}

uint64_t released_of(struct rig *rig, struct asked *asked)
{
    const struct release *const release = &asked->job.release;
    struct answer answer;
    struct tlog_proof proof;
    struct checkpoint checkpoint;
    struct leaf leaf;
    assert_int_equal(asked->job.http_status, 200);
    assert_ok(answer_read(body_of(asked), &answer));
    assert_ok(tlog_proof_read(answer.proof, &proof));
    const struct slice text = slice_make(proof.extra, proof.extra_size);
    assert_ok(tlog_proof_verify(&proof, text, &rig->fixture.host_key, &checkpoint));
    assert_ok(leaf_open_own(text, &release->machine_key, &leaf));
    assert_int_equal(leaf.kind, LEAF_RELEASED);
    assert_true(slice_equal(leaf.note, slice_make(asked->job.note, asked->job.note_size)));
    check_extends(rig, &release->seen, &answer, &checkpoint);
    job_drop_answer(&asked->job);
    return proof.index;
}

void see(const struct rig *rig, struct request *request)
{
    if (rig->seen.origin[0] != 0)
        request->seen = fixture_seen(&rig->seen);
}

struct believed grant(struct rig *rig, uint64_t machine, uint64_t number)
{
    struct request request = fixture_request(machine, number);
    see(rig, &request);
    struct asked asked;
    submit(rig, &asked, machine, &request);
    await(&asked);
    return lease_of(rig, &asked);
}

struct denial refusal(struct rig *rig, uint64_t machine, const struct request *request)
{
    struct asked asked;
    submit(rig, &asked, machine, request);
    await(&asked);
    return denial_of(&asked);
}

enum error_code refuse(struct rig *rig, uint64_t machine, uint64_t number)
{
    const struct request request = fixture_request(machine, number);
    return refusal(rig, machine, &request).code;
}

void release(struct rig *rig, struct asked *asked, uint64_t machine, uint64_t number)
{
    struct release release = fixture_release(machine, "main", number);
    if (rig->seen.origin[0] != 0)
        release.seen = fixture_seen(&rig->seen);
    asked_begin(asked);
    fixture_give_back(&asked->job, machine, &release);
    assert_ok(engine_submit(rig->engine, &asked->job));
    await(asked);
}

struct metrics metrics_of(struct rig *rig)
{
    struct metrics metrics;
    engine_metrics(rig->engine, &metrics);
    return metrics;
}

uint64_t denied_of(struct rig *rig, enum error_code code)
{
    const struct metrics metrics = metrics_of(rig);
    return metrics_denials(&metrics, code);
}

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
    result_ignore(engine_run(gate->engine, stand_in_gate, gate, NULL));
    return NULL;
}

void gate_close(struct rig *rig, struct gate *gate)
{
    sem_init(&gate->entered, 0, 0);
    sem_init(&gate->open, 0, 0);
    gate->engine = rig->engine;
    pthread_create(&gate->thread, NULL, gate_thread, gate);
    while (sem_wait(&gate->entered) != 0)
        continue;
}

void gate_open(struct gate *gate)
{
    sem_post(&gate->open);
    pthread_join(gate->thread, NULL);
    sem_destroy(&gate->entered);
    sem_destroy(&gate->open);
}
