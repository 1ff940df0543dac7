/* One request, its job, and the answer; see exchanges.h. */
#include "exchanges.h"

#include "host/engine.h"
#include "proto/api.h"
#include "refusals.h"
#include "site.h"

#include <string.h>

_Static_assert(sizeof((struct http_peer *)NULL)->address == ADDRESS_TEXT_SIZE, "one size of addresses in text");

static void refuse(struct http_request *request, enum error_code code, struct result fault)
{
    const struct http_response response = refusal_of(code, fault);
    http_respond(request, &response);
}

/* What the engine answered. */
static void answer(void *context, struct http_request *request)
{
    (void)context;
    const struct job *const job = http_request_room(request);
    const struct http_response response = {
        .status = job->http_status, .type = TYPE_TEXT, .cache = CACHE_NOT, .body = job->body, .size = job->body_size};
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
    memcpy(job->address, http_request_peer(request)->address, sizeof job->address);
    job->done = job_done;
    job->context = request;
    job->body = NULL;
    http_defer(request, answer);
    if (!is_ok(engine_submit(listener->engine, job)))
        refuse(request, ERR_HOST_BUSY, RESULT_OK);
}

void exchange_activate(void *context, struct http_request *request)
{
    struct job *const job = http_request_room(request);
    if (job == NULL) {
        refuse(request, ERR_HOST_BUSY, RESULT_OK);
        return;
    }
    job->kind = JOB_ACTIVATE;
    const struct result fault = request_read(http_request_body(request), &job->request);
    if (is_ok(fault))
        submit(context, request, job);
    else
        refuse(request, ERR_REQUEST_REFUSED, fault);
}

void exchange_release(void *context, struct http_request *request)
{
    struct job *const job = http_request_room(request);
    if (job == NULL) {
        refuse(request, ERR_HOST_BUSY, RESULT_OK);
        return;
    }
    job->kind = JOB_RELEASE;
    const struct result fault = release_read(http_request_body(request), &job->release);
    if (is_ok(fault))
        submit(context, request, job);
    else
        refuse(request, ERR_REQUEST_REFUSED, fault);
}
