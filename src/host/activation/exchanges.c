/* One request, its job, and the answer; see exchanges.h. */
#include "exchanges.h"

#include "host/intake.h"
#include "own.h"
#include "proto/activation.h"
#include "proto/api.h"
#include "refusals.h"
#include "site.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof((struct http_peer *)NULL)->address == ADDRESS_TEXT_SIZE, "one size of addresses in text");

static void refuse(struct http_request *request, enum error_code code, struct result fault)
{
    const struct http_response response = refusal_of(code, fault);
    http_respond(request, &response);
}

static void forget_about(struct job *job)
{
    free(job->about);
    job->about = NULL;
}

/* What the engine answered. */
static void answer(void *context, struct http_request *request)
{
    (void)context;
    struct job *const job = http_request_room(request);
    forget_about(job);
    const struct http_response response = {.status = job->http_status,
                                           .type = TYPE_TEXT,
                                           .cache = CACHE_NOT,
                                           .body = job->body,
                                           .size = job->body_size,
                                           .lent = job->body == job->usual_answer};
    http_respond(request, &response);
}

/* On the engine's thread. */
static void job_done(struct job *job)
{
    http_resume(job->context);
}

/* The request is deferred before the job is handed over, because the answer can be there at once. */
static void submit(struct listener *listener, struct http_request *request, struct job *job)
{
    job->from = http_request_peer(request)->from;
    memcpy(job->address, http_request_peer(request)->address, sizeof job->address);
    job->done = job_done;
    job->context = request;
    job->body = NULL;
    http_defer(request, answer);
    if (is_ok(engine_submit(listener->engine, job)))
        return;
    forget_about(job);
    refuse(request, ERR_HOST_BUSY, RESULT_OK);
}

/* ---- what is looked at before a job is made of it, the cheapest first ---- */

/* Of a request that has been verified. Whatever is wrong with an about, it is left out and nothing else happens: the
 * request is as good without it. */
static void keep_about(struct job *job, struct slice about)
{
    if (about.size == 0)
        return;
    struct about *const kept = malloc(sizeof *kept);
    if (kept != NULL && is_ok(about_open(about, &job->request.machine_key, &job->note_hash, kept)))
        job->about = kept;
    else
        free(kept);
}

/* Whatever costs less comes first. *ret_body: what was sent, taken apart, where nothing is wrong with it. */
static struct verdict judge(struct engine *engine, const struct authority *authority,
                            const struct http_request *request, struct job *job, struct activation *ret_body)
{
    const enum error_code stranger = own_check(engine, authority, request, &job->own);
    if (stranger != OK)
        return (struct verdict){stranger, RESULT_OK};
    *ret_body = (struct activation){.request = http_request_body(request)};
    if (job->kind == JOB_RELEASE)
        return intake_release(authority, ret_body->request, &job->release);
    *ret_body = activation_read(ret_body->request);
    return intake_request(authority, ret_body->request, &job->request);
}

static void exchange(struct listener *listener, struct http_request *request, enum job_kind kind)
{
    struct job *const job = http_request_room(request);
    struct activation body;
    if (job == NULL) {
        refuse(request, ERR_HOST_BUSY, RESULT_OK);
        return;
    }
    job->kind = kind;
    job->about = NULL;
    job->offline = false;
    struct authority *const authority = engine_authority(listener->engine);
    const struct verdict verdict = judge(listener->engine, authority, request, job, &body);
    authority_release(authority);
    if (verdict.code != OK) {
        engine_count_denial(listener->engine, verdict.code);
        refuse(request, verdict.code, verdict.fault);
        return;
    }
    intake_keep_note(job, body.request);
    if (listener->about)
        keep_about(job, body.about);
    submit(listener, request, job);
}

void exchange_activate(void *context, struct http_request *request)
{
    exchange(context, request, JOB_ACTIVATE);
}

void exchange_release(void *context, struct http_request *request)
{
    exchange(context, request, JOB_RELEASE);
}
