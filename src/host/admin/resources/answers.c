/*
 * Files of machines that see no network; see resources.h and proto/parcel.h.
 *
 * The operator hands in what a machine has signed, and what the engine answers goes into a file, with the license that
 * the machine may not have. Whoever hands it in answers for it: the machine is no stranger, and its file may have been
 * under way for OFFLINE_MAX.
 */
#include "resources.h"

#include "base/sentences.h"
#include "core/documents/documents.h"
#include "core/rules/explain.h"
#include "host/intake.h"
#include "proto/answer.h"
#include "proto/api.h"
#include "proto/introduction.h"
#include "proto/parcel.h"
#include "question.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- the engine, waited for ---- */

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool finished;
};

static void job_done(struct job *job)
{
    struct waiting *const waiting = job->context;
    pthread_mutex_lock(&waiting->lock);
    waiting->finished = true;
    pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->lock);
}

/* As any command of the operator's waits for the engine. */
static RESULT ask_engine(struct engine *engine, struct job *job, struct waiting *waiting)
{
    job->done = job_done;
    job->context = waiting;
    TRY(engine_submit(engine, job));
    pthread_mutex_lock(&waiting->lock);
    while (!waiting->finished)
        pthread_cond_wait(&waiting->changed, &waiting->lock);
    pthread_mutex_unlock(&waiting->lock);
    ENSURE(job->body != NULL, NO_MEMORY);
    return RESULT_OK;
}

/* ---- the file ---- */

/* The license of the lease in the answer, as the vendor signed it; borrowed from the authority. */
static RESULT find_license(const struct authority *authority, struct slice text, struct slice *ret_license)
{
    const struct authority_vendor *vendor = NULL;
    struct answer answer;
    struct tlog_proof proof;
    struct lease lease;
    struct slice note;
    TRY(answer_read(text, &answer));
    TRY(tlog_proof_read(answer.proof, &proof));
    TRY(lease_read(slice_make(proof.extra, proof.extra_size), &lease, &note));
    const struct authority_license *const license = authority_find_license(authority, lease.license, &vendor);
    ENSURE(license != NULL, NOT_FOUND);
    *ret_license = slice_make(license->note, license->note_size);
    return RESULT_OK;
}

static RESULT write_file(const struct authority *authority, const struct job *job, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(PARCEL_MAX);
    struct parcel parcel = {.request = job->note_hash,
                            .answer = slice_make((const uint8_t *)job->body, job->body_size)};
    if (job->http_status == HTTP_OK)
        TRY(find_license(authority, parcel.answer, &parcel.license));
    parcel_write(&parcel, &text);
    TRY(buffer_status(&text));
    wrap(WRAPPED_ANSWER, buffer_slice(&text), out);
    return buffer_status(out);
}

static RESULT read_note(const struct authority *authority, struct slice note, struct job *job, struct reason *reason)
{
    const struct verdict verdict = intake_request(authority, note, &job->request);
    if (!is_ok(verdict.fault))
        return reason_say(reason, verdict.fault, "%s", _("the file of the machine"));
    if (verdict.code != OK)
        return FAIL_CODE(verdict.code);
    intake_keep_note(job, note);
    return RESULT_OK;
}

static RESULT answer_with(struct admin_question *question, struct job *job, struct reason *reason)
{
    struct engine *const engine = question->options->engine;
    question->type = TYPE_TEXT;
    job->kind = JOB_ACTIVATE;
    job->own = true;
    job->offline = true;
    TRY(read_note(question->rows.authority, http_request_body(question->request), job, reason));
    struct waiting waiting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    const struct result asked = ask_engine(engine, job, &waiting);
    pthread_cond_destroy(&waiting.changed);
    pthread_mutex_destroy(&waiting.lock);
    TRY(asked);
    struct authority *const authority = engine_authority(engine); /* by which it was answered, or a newer one */
    const struct result written = write_file(authority, job, question->out);
    authority_release(authority);
    job_drop_answer(job);
    return written;
}

static RESULT answer(struct admin_question *question, struct reason *reason)
{
    struct job *const job = calloc(1, sizeof *job);
    ENSURE(job != NULL, NO_MEMORY);
    const struct result answered = answer_with(question, job, reason);
    free(job);
    return answered;
}

void resource_answer(void *context, struct http_request *request)
{
    question_answer(context, request, answer);
}

/* ---- introduction ---- */

static RESULT introduce(struct admin_question *question, struct reason *reason)
{
    (void)reason;
    CLEANUP_BUFFER struct buffer text = buffer_make(INTRODUCTION_MAX);
    TRY(intake_introduce(question->options->engine, question->rows.authority, http_request_name(question->request),
                         &text));
    question->type = TYPE_TEXT;
    wrap(WRAPPED_INTRODUCTION, buffer_slice(&text), question->out);
    return buffer_status(question->out);
}

void resource_introduction(void *context, struct http_request *request)
{
    question_answer(context, request, introduce);
}
