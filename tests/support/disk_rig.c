/* The engine on a disk that fails; see disk_rig.h. */
#include "disk_rig.h"

#include "core/documents/leaf.h"
#include "ledger/check.h"
#include "proto/answer.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LICENSE "main"

enum { NARROW_JOURNAL = 4, NARROW_LOG = 6 };

uint64_t rig_rounds(void)
{
    const char *const told = getenv("AVAL_ROUNDS");
    const uint64_t rounds = told == NULL ? 1 : strtoull(told, NULL, 10);
    return rounds > 0 ? rounds : 1;
}

uint64_t rig_draw(struct disk_rig *rig, uint64_t below)
{
    rig->random = rig->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (rig->random >> 33) % below;
}

void rig_begin(struct disk_rig *rig, uint64_t seed)
{
    rig_close(rig); /* that a test which failed left open */
    rig->random = seed;
    rig->threads = false;
    rig->opens = 0;
    rig->given_count = 0;
    memset(rig->machines, 0, sizeof rig->machines);
    fixture_set_now(TODAY);
    rig->history.count = 0;
    disk_erase();
}

/* Between any two looks at it more time passes than the longest pause between two starts of the signer. */
static int64_t hurried_clock(void)
{
    static _Atomic(int64_t) milliseconds;
    return atomic_fetch_add(&milliseconds, 10000);
}

struct engine_options rig_options(struct disk_rig *rig, struct authority *authority)
{
    struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    options.milliseconds = hurried_clock;
    options.signer = signer_on_disk(rig->fixture.folder, &rig->history);
    return options;
}

RESULT rig_open(struct disk_rig *rig)
{
    const bool narrow = rig->opens++ % 2 == 0;
    const struct store_sqlite_options room = {.path = rig->path,
                                              .vfs = disk_vfs(),
                                              .create = true,
                                              .journal_limit = narrow ? NARROW_JOURNAL : 0,
                                              .checkpoint_pages = narrow ? NARROW_LOG : 0,
                                              .one_thread = !rig->threads};
    TRY(store_open_sqlite(&room, &rig->store, NULL));
    struct authority *const authority = fixture_authority(&rig->fixture);
    const struct engine_options options = rig_options(rig, authority);
    const struct result result = engine_start(&options, &rig->engine, NULL);
    authority_release(authority);
    if (!is_ok(result)) {
        rig->engine = NULL;
        rig_close(rig);
    }
    return result;
}

void rig_close(struct disk_rig *rig)
{
    engine_stop(rig->engine);
    store_close(rig->store);
    rig->engine = NULL;
    rig->store = NULL;
}

/* ---- machines ---- */

struct rig_job {
    struct job job;
    struct disk_rig *rig;
    size_t machine;
    bool submitted;
    bool given; /* the disk still stood */
    sem_t done;
};

static void job_done(struct job *job)
{
    struct rig_job *const asked = job->context;
    asked->given = !disk_stopped();
    sem_post(&asked->done);
}

static void spare(const struct disk_rig *rig, bool spared)
{
    if (rig->spare != NULL)
        rig->spare(spared);
}

static void job_make(struct disk_rig *rig, size_t machine, struct rig_job *job)
{
    struct rig_machine *const asker = &rig->machines[machine];
    memset(job, 0, sizeof *job);
    job->rig = rig;
    job->machine = machine;
    sem_init(&job->done, 0, 0);
    if (asker->holds && !asker->unanswered && rig_draw(rig, 5) == 0) {
        const struct release release = fixture_release(machine + 1, LICENSE, ++asker->number);
        fixture_give_back(&job->job, machine + 1, &release);
    } else {
        if (!asker->unanswered) {
            const struct request request = fixture_request(machine + 1, ++asker->number);
            fixture_ask(&asker->sent, machine + 1, &request);
        }
        asker->unanswered = true;
        job->job = asker->sent;
    }
    job->job.done = job_done;
    job->job.context = job;
}

/* The leaf of an answer, after its proof. */
static void keep_given(struct disk_rig *rig, const struct rig_job *job)
{
    struct answer answer;
    struct tlog_proof proof;
    struct checkpoint checkpoint;
    assert_ok(answer_read(slice_make(job->job.body, job->job.body_size), &answer));
    assert_ok(tlog_proof_read(answer.proof, &proof));
    const struct slice leaf = slice_make(proof.extra, proof.extra_size);
    assert_ok(tlog_proof_verify(&proof, leaf, &rig->fixture.host_key, &checkpoint));
    assert_true(rig->given_count < RIG_GIVEN_MAX);
    rig->given[rig->given_count++] = (struct rig_given){proof.index, merkle_leaf(leaf)};
}

/* Returns whether it was answered with what it asked for. */
static bool take_answer(struct disk_rig *rig, struct rig_job *job)
{
    struct rig_machine *const asker = &rig->machines[job->machine];
    const bool good = job->given && job->job.http_status == 200;
    assert_true(job->job.body != NULL || !job->submitted || (job->job.body_size == 0 && job->job.http_status == 503));
    if (good) {
        keep_given(rig, job);
        asker->unanswered = false;
        asker->holds = job->job.kind == JOB_ACTIVATE;
    } else if (job->job.kind == JOB_RELEASE) {
        asker->holds = false; /* perhaps it does; then it goes on with a renewal */
    }
    job_drop_answer(&job->job);
    sem_destroy(&job->done);
    return good;
}

struct submission {
    struct engine *engine;
    size_t count;
    struct rig_job jobs[RIG_BATCH_MAX];
};

/* Runs on the engine's thread between two batches, so that these jobs are one. */
static RESULT submit_all(void *context, struct store *store, struct reason *reason)
{
    struct submission *const submission = context;
    (void)store;
    (void)reason;
    for (size_t i = 0; i < submission->count; i++)
        submission->jobs[i].submitted = is_ok(engine_submit(submission->engine, &submission->jobs[i].job));
    return RESULT_OK;
}

static size_t ask_batch(struct disk_rig *rig)
{
    struct submission submission = {.engine = rig->engine, .count = 1 + rig_draw(rig, RIG_BATCH_MAX)};
    const size_t first = rig_draw(rig, RIG_MACHINES);
    size_t refused = 0;
    fixture_set_now(fixture_now() + MINUTE); /* nobody asks too often */
    spare(rig, true);
    for (size_t i = 0; i < submission.count; i++)
        job_make(rig, (first + i) % RIG_MACHINES, &submission.jobs[i]);
    spare(rig, false);
    result_ignore(engine_run(rig->engine, submit_all, &submission, NULL));
    for (size_t i = 0; i < submission.count; i++) {
        struct rig_job *const job = &submission.jobs[i];
        while (job->submitted && sem_wait(&job->done) != 0 && errno == EINTR)
            continue;
        refused += !take_answer(rig, job);
    }
    return refused;
}

size_t rig_ask(struct disk_rig *rig, size_t batches)
{
    size_t refused = 0;
    for (size_t i = 0; i < batches; i++)
        refused += ask_batch(rig);
    return refused;
}

RESULT rig_live(struct disk_rig *rig, size_t batches)
{
    TRY(rig_open(rig));
    rig_ask(rig, batches);
    rig_close(rig);
    return RESULT_OK;
}

/* ---- audit ---- */

static void print_finding(void *context, const struct ledger_finding *finding)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(1024);
    (void)context;
    ledger_finding_write(finding, &text);
    print_error("%s\n", buffer_text(&text));
}

static void audit_ledger(struct disk_rig *rig)
{
    const struct ledger_check check = {.store = rig->store,
                                       .origin = rig->fixture.host_key.name,
                                       .key = &rig->fixture.host_key,
                                       .report = print_finding};
    struct ledger_check_position position = {0};
    while (position.stage != LEDGER_CHECK_DONE)
        assert_ok(ledger_check_step(&check, &position, 1000, NULL));
    assert_int_equal(position.findings, 0);
}

/* The ledger as it is read, leaf by leaf. */
struct reading {
    size_t count;
    struct hash *leaves;
    struct hash *roots; /* [n]: of the first n leaves */
    struct hash *notes; /* of what the machine signed */
};

static bool read_one(void *context, uint64_t index, struct slice leaf)
{
    struct reading *const reading = context;
    struct leaf of_machine;
    reading->leaves[index] = merkle_leaf(leaf);
    assert_ok(leaf_read(leaf, &of_machine));
    reading->notes[index] = hash_of(of_machine.note);
    reading->count++;
    return true;
}

static void read_ledger(struct disk_rig *rig, struct reading *reading)
{
    uint32_t ledger;
    uint64_t size;
    assert_ok(store_ledger_find(rig->store, rig->fixture.host_key.name, &ledger, NULL));
    assert_ok(store_ledger_size(rig->store, ledger, &size, NULL));
    reading->count = 0;
    reading->leaves = calloc(size + 1, sizeof *reading->leaves);
    reading->roots = calloc(size + 1, sizeof *reading->roots);
    reading->notes = calloc(size + 1, sizeof *reading->notes);
    assert_true(reading->leaves != NULL && reading->roots != NULL && reading->notes != NULL);
    assert_ok(store_leaves(rig->store, ledger, 0, size, read_one, reading, NULL));
    assert_int_equal(reading->count, size);
    struct frontier frontier = {0};
    reading->roots[0] = frontier_root(&frontier);
    for (size_t i = 0; i < size; i++) {
        struct merkle_batch *batch = NULL;
        assert_ok(merkle_append(&frontier, &reading->leaves[i], 1, &batch));
        merkle_batch_free(batch);
        reading->roots[i + 1] = frontier_root(&frontier);
    }
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_SIZE);
}

static void audit_answers(struct disk_rig *rig)
{
    const struct signer_history *const history = &rig->history;
    struct reading reading;
    read_ledger(rig, &reading);
    for (size_t i = 0; i < rig->given_count; i++) {
        assert_true(rig->given[i].index < reading.count);
        assert_memory_equal(&rig->given[i].leaf, &reading.leaves[rig->given[i].index], HASH_SIZE);
    }
    for (size_t i = 0; i < history->count; i++) {
        assert_true(history->checkpoints[i].size <= reading.count);
        assert_memory_equal(&history->checkpoints[i].root, &reading.roots[history->checkpoints[i].size], HASH_SIZE);
    }
    qsort(reading.notes, reading.count, sizeof *reading.notes, compare_hashes);
    for (size_t i = 1; i < reading.count; i++)
        assert_false(hash_equal(&reading.notes[i], &reading.notes[i - 1]));
    free(reading.leaves);
    free(reading.roots);
    free(reading.notes);
}

static bool count_one(void *context, const struct machine_entry *entry)
{
    struct figures *const figures = context;
    figures->count += record_counts(&entry->row.record, fixture_now());
    figures->held += record_holds(&entry->row.record, fixture_now());
    return true;
}

static void audit_figures(struct disk_rig *rig)
{
    uint32_t ledger;
    uint32_t license;
    struct figures kept;
    struct figures counted = {0};
    const struct machine_filter all = {.limit = RIG_MACHINES + 1};
    assert_ok(store_ledger_find(rig->store, rig->fixture.host_key.name, &ledger, NULL));
    assert_ok(store_license_find(rig->store, ledger, LICENSE, &license, NULL));
    assert_ok(store_machines(rig->store, &all, count_one, &counted, NULL));
    assert_ok(store_figures(rig->store, license, fixture_now(), &kept, NULL));
    assert_int_equal(kept.count, counted.count);
    assert_int_equal(kept.held, counted.held);
}

void rig_audit(struct disk_rig *rig)
{
    assert_ok(rig_open(rig));
    engine_stop(rig->engine); /* puts the checkpoint into the store */
    rig->engine = NULL;
    audit_ledger(rig);
    audit_answers(rig);
    audit_figures(rig);
    rig_close(rig);
}

/* ---- for cmocka ---- */

int rig_set_up(void **state)
{
    struct disk_rig *const rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    host_fixture_make(&rig->fixture);
    const struct license license = fixture_license(&rig->fixture, LICENSE);
    fixture_put_license(&rig->fixture, &license);
    assert_ok(path_join(rig->path, rig->fixture.folder, FOLDER_DATABASE));
    *state = rig;
    return 0;
}

int rig_tear_down(void **state)
{
    struct disk_rig *const rig = *state;
    rig_close(rig);
    disk_erase();
    host_fixture_remove(&rig->fixture);
    free(rig);
    return 0;
}
