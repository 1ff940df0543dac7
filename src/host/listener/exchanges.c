/*
 * One request and its answer; see inner.h.
 *
 * The HTTP library calls once with the headers, then for each piece of the body, then once at its end; and once more
 * when the connection is resumed, that is when the engine's answer stands. A request that is refused is still read to
 * its end, within DRAIN_MAX, and answered there.
 */
#include "host/listener/inner.h"

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

static void find_page(struct exchange *exchange, const char *url, const char *method)
{
    exchange->page = PAGE_NONE;
    exchange->refusal = ERR_NO_SUCH_PAGE;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const size_t length = strlen(pages[i].path);
        if (strncmp(url, pages[i].path, length) != 0 || (!pages[i].named && url[length] != 0))
            continue;
        const bool right = pages[i].post
                               ? strcmp(method, MHD_HTTP_METHOD_POST) == 0
                               : strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
        exchange->page = pages[i].page;
        exchange->name = url + length;
        exchange->refusal = right ? OK : ERR_WRONG_METHOD;
        return;
    }
}

/* What the headers announce; UINT64_MAX where the body comes in chunks, or not at all. */
static uint64_t announced_length(struct MHD_Connection *http)
{
    const char *const text = MHD_lookup_connection_value(http, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t length;
    if (text == NULL)
        return UINT64_MAX;
    /* The library has read it as a number already; one that is spelt otherwise is as good as too large. */
    return is_ok(decimal_read(slice_of(text), UINT64_MAX - 1, &length)) ? length : UINT64_MAX - 1;
}

static enum MHD_Result begin(struct connection *connection, struct MHD_Connection *http, const char *url,
                             const char *method)
{
    struct exchange *const exchange = &connection->exchange;
    exchange->http = http;
    exchange->fault = RESULT_OK;
    exchange->read = false;
    exchange->waiting = false;
    exchange->counted = false;
    exchange->received = 0;
    exchange->job.body = NULL;
    find_page(exchange, url, method);
    exchange->announced = announced_length(http);
    if (exchange->announced == UINT64_MAX || exchange->announced <= REQUEST_MAX)
        return MHD_YES;
    exchange->refusal = ERR_REQUEST_TOO_LARGE;
    /* An answer before the end of the body closes the connection behind it. */
    return exchange->announced > DRAIN_MAX ? reply_refusal(exchange) : MHD_YES;
}

/* ---- the body ---- */

static void read_body(struct exchange *exchange, struct slice body)
{
    struct job *const job = &exchange->job;
    job->kind = exchange->page == PAGE_ACTIVATE ? JOB_ACTIVATE : JOB_RELEASE;
    exchange->fault = job->kind == JOB_ACTIVATE ? request_read(body, &job->request) : release_read(body, &job->release);
    exchange->read = true;
    if (!is_ok(exchange->fault))
        exchange->refusal = ERR_REQUEST_REFUSED;
}

static enum MHD_Result receive(struct exchange *exchange, struct slice piece)
{
    exchange->received += piece.size;
    if (exchange->received > DRAIN_MAX)
        return MHD_NO;
    if (exchange->refusal != OK)
        return MHD_YES;
    if (piece.size == exchange->announced) {
        read_body(exchange, piece); /* nearly always: whole, and read where it lies */
        return MHD_YES;
    }
    buffer_append_slice(&exchange->body, piece);
    const enum error_code code = result_code(buffer_status(&exchange->body));
    if (code != OK)
        exchange->refusal = code == ERR_NO_MEMORY ? ERR_HOST_BUSY : ERR_REQUEST_TOO_LARGE;
    return MHD_YES;
}

/* ---- the answer ---- */

/* On the engine's thread. */
static void job_done(struct job *job)
{
    const struct connection *const connection = job->context;
    MHD_resume_connection(connection->exchange.http);
}

/* Within the gate. The connection sleeps before the job is handed over, because the answer can be there at once. */
static enum MHD_Result submit(struct connection *connection)
{
    struct listener *const listener = connection->listener;
    struct exchange *const exchange = &connection->exchange;
    struct job *const job = &exchange->job;
    memcpy(job->address, connection->address, sizeof job->address);
    job->done = job_done;
    job->context = connection;
    exchange->waiting = true;
    exchange->counted = true;
    atomic_fetch_add(&listener->under_way, 1);
    atomic_store_explicit(&connection->deadline, INT64_MAX, memory_order_relaxed);
    MHD_suspend_connection(exchange->http);
    if (!is_ok(engine_submit(listener->engine, job))) {
        exchange->refusal = ERR_HOST_BUSY;
        MHD_resume_connection(exchange->http);
    }
    return MHD_YES;
}

static enum MHD_Result use_engine(struct connection *connection)
{
    struct exchange *const exchange = &connection->exchange;
    if (!gate_enter(connection->listener)) {
        exchange->refusal = ERR_HOST_BUSY;
        return reply_refusal(exchange);
    }
    const bool post = exchange->page == PAGE_ACTIVATE || exchange->page == PAGE_RELEASE;
    const enum MHD_Result result = post ? submit(connection) : reply_page(connection->listener, exchange);
    gate_leave(connection->listener);
    return result;
}

/* The request is there whole. */
static enum MHD_Result conclude(struct connection *connection)
{
    struct exchange *const exchange = &connection->exchange;
    const bool post = exchange->page == PAGE_ACTIVATE || exchange->page == PAGE_RELEASE;
    if (exchange->refusal == OK && post && !exchange->read)
        read_body(exchange, buffer_slice(&exchange->body));
    return exchange->refusal == OK ? use_engine(connection) : reply_refusal(exchange);
}

/* The engine's answer stands. */
static enum MHD_Result answer(struct connection *connection)
{
    struct exchange *const exchange = &connection->exchange;
    connection_allow(connection, connection->listener->request_milliseconds);
    exchange->waiting = false;
    if (exchange->refusal != OK)
        return reply_refusal(exchange);
    char *const body = exchange->job.body;
    exchange->job.body = NULL;
    return reply_take(exchange->http, exchange->job.http_status, body, exchange->job.body_size);
}

enum MHD_Result exchange_handle(void *context, struct MHD_Connection *http, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **request_context)
{
    (void)context;
    (void)version;
    struct connection *connection = *request_context;
    if (connection == NULL) {
        connection = MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        if (connection == NULL)
            return MHD_NO;
        *request_context = connection;
        return begin(connection, http, url, method);
    }
    if (*upload_size > 0) {
        const struct slice piece = slice_make(upload, *upload_size);
        *upload_size = 0;
        return receive(&connection->exchange, piece);
    }
    return connection->exchange.waiting ? answer(connection) : conclude(connection);
}

void exchange_completed(void *context, struct MHD_Connection *http, void **request_context,
                        enum MHD_RequestTerminationCode code)
{
    struct listener *const listener = context;
    (void)http;
    (void)code;
    struct connection *const connection = *request_context;
    if (connection == NULL)
        return;
    struct exchange *const exchange = &connection->exchange;
    if (exchange->counted)
        atomic_fetch_sub(&listener->under_way, 1);
    free(exchange->job.body);
    exchange->job.body = NULL;
    buffer_free(&exchange->body);
    connection_allow(connection, listener->idle_milliseconds + listener->request_milliseconds);
}
