/* One request and its answer: what is asked, what is refused, what goes to the engine; see inner.h. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

bool gate_enter(struct listener *listener)
{
    atomic_fetch_add(&listener->inside, 1);
    if (!atomic_load(&listener->closed))
        return true;
    gate_leave(listener);
    return false;
}

void gate_leave(struct listener *listener)
{
    atomic_fetch_sub(&listener->inside, 1);
}

/* ---- what is asked ---- */

static const struct {
    enum page page;
    const char *path;
    bool named; /* something follows the path */
    bool post;
} pages[] = {
    {PAGE_ACTIVATE, API_ACTIVATE, false, true},       {PAGE_RELEASE, API_RELEASE, false, true},
    {PAGE_LICENSE, API_LICENSE, true, false},         {PAGE_HEALTH, API_HEALTH, false, false},
    {PAGE_REVOCATIONS, API_REVOCATIONS, true, false}, {PAGE_LEDGER, API_LEDGER, true, false},
};

/* Returns OK, or why it is refused; sets *ret_name and *ret_page in any case. */
static enum error_code find_page(const char *path, unsigned method, const char **ret_name, enum page *ret_page)
{
    *ret_page = PAGE_NONE;
    *ret_name = "";
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const size_t length = strlen(pages[i].path);
        if (strncmp(path, pages[i].path, length) != 0 || (!pages[i].named && path[length] != 0))
            continue;
        const bool right = pages[i].post ? method == HTTP_POST : method == HTTP_GET || method == HTTP_HEAD;
        *ret_page = pages[i].page;
        *ret_name = path + length;
        return right ? OK : ERR_WRONG_METHOD;
    }
    return ERR_NO_SUCH_PAGE;
}

static bool is_post(enum page page)
{
    return page == PAGE_ACTIVATE || page == PAGE_RELEASE;
}

/* ---- the answer ---- */

static void refuse(struct connection *connection, enum error_code code, struct result fault)
{
    const struct reply reply = reply_refusal(code, fault);
    connection_answer(connection, &reply);
}

static void refuse_method(struct connection *connection, enum page page)
{
    struct reply reply = reply_refusal(ERR_WRONG_METHOD, RESULT_OK);
    reply.allow = is_post(page) ? "POST" : "GET, HEAD";
    connection_answer(connection, &reply);
}

/* What ended before its end is answered, and nothing more is read from this client. */
static void refuse_broken(struct connection *connection, enum message_state state)
{
    struct reply reply =
        reply_refusal(state == MESSAGE_BROKEN ? ERR_REQUEST_REFUSED : ERR_REQUEST_TOO_LARGE, RESULT_OK);
    if (state == MESSAGE_HEADERS_LARGE)
        reply.status = HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
    connection->closing = true;
    connection->lingering = true;
    connection_answer(connection, &reply);
}

/* ---- the engine ---- */

/* On the engine's thread. */
static void job_done(struct job *job)
{
    loop_return(job->context);
}

static void drop_job(struct connection *connection)
{
    loop_give_job(connection->loop, connection->job);
    connection->job = NULL;
}

/* Within the gate. The connection waits before the job is handed over, because the answer can be there at once. */
static RESULT submit(struct connection *connection)
{
    struct listener *const listener = connection->loop->listener;
    struct job *const job = connection->job;
    memcpy(job->address, connection->address, sizeof job->address);
    job->done = job_done;
    job->context = connection;
    job->body = NULL;
    connection->phase = PHASE_WAITING;
    atomic_fetch_add(&listener->under_way, 1);
    const struct result result = engine_submit(listener->engine, job);
    if (is_ok(result))
        return RESULT_OK;
    atomic_fetch_sub(&listener->under_way, 1);
    connection->phase = PHASE_READING;
    return result;
}

static void use_engine(struct connection *connection, enum page page)
{
    struct job *const job = connection->job = loop_take_job(connection->loop);
    if (job == NULL) {
        refuse(connection, ERR_HOST_BUSY, RESULT_OK);
        return;
    }
    const struct slice body = message_body(&connection->message);
    job->kind = page == PAGE_ACTIVATE ? JOB_ACTIVATE : JOB_RELEASE;
    const struct result fault =
        page == PAGE_ACTIVATE ? request_read(body, &job->request) : release_read(body, &job->release);
    if (!is_ok(fault)) {
        drop_job(connection);
        refuse(connection, ERR_REQUEST_REFUSED, fault);
        return;
    }
    struct result result = FAIL(HOST_BUSY);
    if (gate_enter(connection->loop->listener)) {
        result = submit(connection);
        gate_leave(connection->loop->listener);
    }
    if (is_ok(result))
        return;
    drop_job(connection);
    refuse(connection, ERR_HOST_BUSY, RESULT_OK);
}

void exchange_answer(struct connection *connection)
{
    struct job *const job = connection->job;
    const struct reply reply = {
        .status = job->http_status, .type = TYPE_TEXT, .keep = KEEP_NOT, .body = job->body, .size = job->body_size};
    drop_job(connection);
    connection_answer(connection, &reply);
    atomic_fetch_sub(&connection->loop->listener->under_way, 1);
}

/* ---- the request is there whole ---- */

static void show_page(struct connection *connection, enum page page, const char *name)
{
    struct listener *const listener = connection->loop->listener;
    if (!gate_enter(listener)) {
        refuse(connection, ERR_HOST_BUSY, RESULT_OK);
        return;
    }
    const struct reply reply = reply_page(listener, page, name);
    gate_leave(listener);
    connection_answer(connection, &reply);
}

void exchange_conclude(struct connection *connection, enum message_state state)
{
    struct message *const message = &connection->message;
    connection->closing = !message->keep || atomic_load(&connection->loop->listener->closed);
    connection->lingering = false;
    if (state != MESSAGE_WHOLE) {
        refuse_broken(connection, state);
        return;
    }
    enum page page;
    const char *name;
    const enum error_code refusal = find_page(message_path(message), message->parser.method, &name, &page);
    if (refusal == ERR_WRONG_METHOD)
        refuse_method(connection, page);
    else if (message->oversized || message->starved)
        refuse(connection, message->oversized ? ERR_REQUEST_TOO_LARGE : ERR_HOST_BUSY, RESULT_OK);
    else if (refusal != OK)
        refuse(connection, refusal, RESULT_OK);
    else if (is_post(page))
        use_engine(connection, page);
    else
        show_page(connection, page, name);
}
