/* An engine without its thread; see batch_rig.h. */
#include "batch_rig.h"

#include "core/documents/leaf.h"
#include "core/limits.h"
#include "proto/answer.h"
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LOG_MAX = 32 * 1024 };

static struct batch_rig *current; /* for callbacks that have no context */

/* ---- the signer ---- */

static RESULT start_signer(const struct signer_service *service, void **ret_signer)
{
    (void)service;
    current->starts++;
    TRY(current->start_says);
    *ret_signer = current;
    return RESULT_OK;
}

static void stop_signer(void *signer)
{
    (void)signer;
}

static bool is_fixtures(const char *origin)
{
    return strcmp(origin, HOST "/" VENDOR) == 0;
}

static RESULT append_at_signer(void *signer, const char *origin, const struct leaf_run *run, struct buffer *out)
{
    (void)signer;
    current->appends++;
    TRY(current->append_says);
    if (!is_fixtures(origin)) {
        buffer_append_text(out, "another's");
        return buffer_status(out);
    }
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    struct checkpoint *const last = &current->signed_last;
    last->size = run->first + run->count;
    last->root = run->root;
    return checkpoint_sign(last, key, out);
}

static RESULT last_of_signer(void *signer, const char *origin, struct checkpoint *ret_checkpoint)
{
    (void)signer;
    const struct frontier nothing = {0};
    *ret_checkpoint = (struct checkpoint){.root = frontier_root(&nothing)};
    if (is_fixtures(origin))
        *ret_checkpoint = current->signed_last;
    return slice_copy_text(slice_of(origin), ret_checkpoint->origin, sizeof ret_checkpoint->origin);
}

static int64_t milliseconds(void)
{
    return current->milliseconds;
}

/* ---- the engine around it ---- */

static void engine_begin(struct batch_rig *rig)
{
    struct engine *const engine = &rig->engine;
    struct authority *const authority = fixture_authority(&rig->fixture);
    struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    options.signer = (struct signer_service){.folder = rig->fixture.folder,
                                             .start = start_signer,
                                             .stop = stop_signer,
                                             .append = append_at_signer,
                                             .last = last_of_signer};
    options.log = &rig->log;
    options.milliseconds = milliseconds;
    options.batch = BATCH;
    assert_ok(engine_init(engine, &options));
    authority_release(authority);
    batch_tend(engine);
    assert_true(ledger_of(rig)->ready);
    assert_int_equal(engine->trouble_logged, OK);
}

int batch_rig_set_up(void **state)
{
    struct batch_rig *const rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    current = rig;
    *state = rig;
    host_fixture_make(&rig->fixture);
    const struct license license = fixture_license(&rig->fixture, "main");
    fixture_put_license(&rig->fixture, &license);
    rig->log = (struct log){LOG_INFO, LOG_FORMAT_TEXT, fixture_now, memfd_create("log", MFD_CLOEXEC)};
    rig->start_says = RESULT_OK;
    rig->append_says = RESULT_OK;
    rig->signed_last = (struct checkpoint){.origin = HOST "/" VENDOR, .root = hash_of(slice_of(""))};
    rig->milliseconds = 1000;
    assert_ok(store_open_memory(&rig->store));
    failing_store_wrap(rig->store);
    engine_begin(rig);
    failing_store_reset();
    log_forget(rig);
    return 0;
}

int batch_rig_tear_down(void **state)
{
    struct batch_rig *const rig = *state;
    engine_clear(&rig->engine);
    store_close(rig->store);
    close(rig->log.descriptor);
    host_fixture_remove(&rig->fixture);
    free(rig);
    return 0;
}

struct ledger *ledger_of(struct batch_rig *rig)
{
    return rig->engine.ledgers[0];
}

size_t logged(struct batch_rig *rig, const char *words)
{
    static char text[LOG_MAX];
    const ssize_t size = pread(rig->log.descriptor, text, sizeof text - 1, 0);
    size_t count = 0;
    assert_true(size >= 0);
    text[size] = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

void log_forget(struct batch_rig *rig)
{
    assert_int_equal(ftruncate(rig->log.descriptor, 0), 0);
    assert_int_equal(lseek(rig->log.descriptor, 0, SEEK_SET), 0);
}

void take_up(struct batch_rig *rig)
{
    engine_set_authority(&rig->engine, fixture_authority(&rig->fixture));
}

/* ---- asking ---- */

static void answered(struct job *job)
{
    struct asked *const asked = job->context;
    asked->answered++;
}

/* What a submitter has not set is whatever it was. */
static void asked_begin(struct asked *asked)
{
    memset(asked, 0x55, sizeof *asked);
    asked->answered = 0;
    asked->job.done = answered;
    asked->job.context = asked;
    strcpy(asked->job.address, "192.0.2.7");
}

void ask(struct asked *asked, uint64_t machine, const struct request *request)
{
    asked_begin(asked);
    fixture_ask(&asked->job, machine, request);
}

void give_back(struct asked *asked, uint64_t machine, const struct release *release)
{
    asked_begin(asked);
    fixture_give_back(&asked->job, machine, release);
}

void ask_again(struct asked *asked, const struct asked *sent)
{
    const struct job job = sent->job;
    asked_begin(asked);
    asked->job.kind = job.kind;
    if (job.kind == JOB_ACTIVATE)
        asked->job.request = job.request;
    else
        asked->job.release = job.release;
    memcpy(asked->job.note, job.note, job.note_size);
    asked->job.note_size = job.note_size;
    asked->job.note_hash = job.note_hash;
    asked->job.about = NULL;
    asked->job.from = job.from;
    asked->job.own = job.own;
    asked->job.offline = job.offline;
}

void run(struct batch_rig *rig, struct asked *asked, size_t count)
{
    assert_true(count <= BATCH);
    for (size_t i = 0; i < count; i++)
        asked[i].job.next = i + 1 < count ? &asked[i + 1].job : NULL;
    batch_run(&rig->engine, &asked->job, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(asked[i].answered, 1);
}

enum error_code code_of(const struct asked *asked)
{
    const struct job *const job = &asked->job;
    if (job->http_status == 200)
        return OK;
    struct denial denial;
    struct slice behind;
    assert_non_null(job->body);
    assert_ok(denial_read(document_head(slice_make(job->body, job->body_size), &behind), &denial));
    assert_int_equal(job->http_status, error_info(denial.code)->http_status);
    return denial.code;
}

static const struct verifier_key *key_of(const struct job *job)
{
    return job->kind == JOB_ACTIVATE ? &job->request.machine_key : &job->release.machine_key;
}

static void assert_proved(struct batch_rig *rig, const struct job *job, struct slice text)
{
    struct tlog_proof proof;
    struct checkpoint checkpoint;
    struct leaf leaf;
    assert_ok(tlog_proof_read(text, &proof));
    const struct slice extra = slice_make(proof.extra, proof.extra_size);
    assert_ok(tlog_proof_verify(&proof, extra, &rig->fixture.host_key, &checkpoint));
    assert_int_equal(checkpoint.size, rig->signed_last.size);
    assert_ok(leaf_open_own(extra, key_of(job), &leaf));
    assert_int_equal(leaf.kind, job->kind == JOB_ACTIVATE ? LEAF_LEASE : LEAF_RELEASED);
}

static void assert_extends(struct batch_rig *rig, const struct seen *seen, const struct answer *answer)
{
    const struct checkpoint *const now = &rig->signed_last;
    const bool proved = seen->size > 0 && seen->size < now->size && strcmp(seen->origin, now->origin) == 0;
    assert_int_equal(answer->consistency_length > 0, proved);
    if (proved)
        assert_ok(consistency_verify(seen->size, now->size, answer->consistency, answer->consistency_length,
                                     &seen->root, &now->root));
}

void assert_answered(struct batch_rig *rig, const struct asked *asked, enum error_code code)
{
    const struct job *const job = &asked->job;
    struct slice body = slice_make(job->body, job->body_size);
    assert_int_equal(code_of(asked), code);
    if (code == ERR_NUMBER_USED) {
        struct slice behind;
        struct leaf leaf;
        document_head(body, &behind);
        if (behind.size > 0)
            assert_ok(leaf_open_own(behind, key_of(job), &leaf));
    } else if (code == OK) {
        struct answer answer;
        assert_ok(answer_read(body, &answer));
        assert_extends(rig, job->kind == JOB_ACTIVATE ? &job->request.seen : &job->release.seen, &answer);
        assert_proved(rig, job, answer.proof);
    }
}

void free_answers(struct asked *asked, size_t count)
{
    for (size_t i = 0; i < count; i++)
        job_drop_answer(&asked[i].job);
}

static enum error_code run_one(struct batch_rig *rig, struct asked *asked)
{
    run(rig, asked, 1);
    const enum error_code code = code_of(asked);
    free_answers(asked, 1);
    return code;
}

enum error_code ask_for(struct batch_rig *rig, uint64_t machine, uint64_t number)
{
    struct asked asked;
    const struct request request = fixture_request(machine, number);
    ask(&asked, machine, &request);
    return run_one(rig, &asked);
}

enum error_code release_for(struct batch_rig *rig, uint64_t machine, uint64_t number)
{
    struct asked asked;
    const struct release release = fixture_release(machine, "main", number);
    give_back(&asked, machine, &release);
    return run_one(rig, &asked);
}
