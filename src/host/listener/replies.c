/* HTTP answers; see inner.h. Every failure is a denial document with the status of its code. */
#include "host/ledger_pages.h"
#include "host/listener/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum MHD_Result queue_typed(struct MHD_Connection *http, int status, struct MHD_Response *response,
                                   const char *type, const char *keep, const char *allow)
{
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (result == MHD_YES)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, keep);
    if (result == MHD_YES && allow != NULL)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    if (result == MHD_YES)
        result = MHD_queue_response(http, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result queue(struct MHD_Connection *http, int status, struct MHD_Response *response, const char *keep,
                             const char *allow)
{
    return queue_typed(http, status, response, TYPE_TEXT, keep, allow);
}

enum MHD_Result reply_take(struct MHD_Connection *http, int status, char *text, size_t size)
{
    if (text == NULL)
        return MHD_NO;
    struct MHD_Response *const response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(text);
    return queue(http, status, response, KEEP_NOT, NULL);
}

/* The library takes memory that it copies without const. */
static struct MHD_Response *copied(struct slice text)
{
    union {
        const uint8_t *given;
        void *taken;
    } data = {text.data};
    return MHD_create_response_from_buffer(text.size, data.taken, MHD_RESPMEM_MUST_COPY);
}

enum MHD_Result reply_copy(struct MHD_Connection *http, int status, struct slice text, const char *keep)
{
    return queue(http, status, copied(text), keep, NULL);
}

/* What the reader of the request said, behind the sentence. */
static void add_fault(struct denial *denial, struct result fault)
{
    const size_t length = strlen(denial->message);
    const char *const name = error_info(result_code(fault))->name;
    if (result_place(fault) > 0)
        snprintf(denial->message + length, sizeof denial->message - length, " (%s, line %u)", name,
                 result_place(fault));
    else
        snprintf(denial->message + length, sizeof denial->message - length, " (%s)", name);
}

static const char *allowed(const struct exchange *exchange)
{
    if (exchange->refusal != ERR_WRONG_METHOD)
        return NULL;
    return exchange->page == PAGE_ACTIVATE || exchange->page == PAGE_RELEASE ? "POST" : "GET, HEAD";
}

enum MHD_Result reply_refusal(const struct exchange *exchange)
{
    const bool busy = exchange->refusal == ERR_HOST_BUSY;
    struct denial denial = denial_make(exchange->refusal, busy ? RETRY_BUSY_SECONDS : RETRY_REFUSED);
    if (!is_ok(exchange->fault))
        add_fault(&denial, exchange->fault);
    CLEANUP_BUFFER struct buffer text = buffer_make(ANSWER_MAX);
    if (!is_ok(denial_write(&denial, &text)))
        return MHD_NO;
    return queue(exchange->http, error_info(denial.code)->http_status, copied(buffer_slice(&text)), KEEP_NOT,
                 allowed(exchange));
}

static enum MHD_Result reply_nothing(const struct exchange *exchange)
{
    struct exchange refused = {.http = exchange->http, .page = exchange->page, .refusal = ERR_NO_SUCH_PAGE};
    return reply_refusal(&refused);
}

static enum MHD_Result reply_license(const struct exchange *exchange, const struct authority *authority)
{
    const struct authority_license *const license = authority_find_license(authority, exchange->name, NULL);
    if (license == NULL)
        return reply_nothing(exchange);
    return reply_copy(exchange->http, MHD_HTTP_OK, slice_make(license->note, license->note_size), KEEP_LICENSE);
}

static enum MHD_Result reply_revocations(const struct exchange *exchange, const struct authority *authority)
{
    const struct authority_vendor *const vendor = authority_find_vendor(authority, exchange->name);
    if (vendor == NULL || vendor->revocations_note == NULL)
        return reply_nothing(exchange);
    return reply_copy(exchange->http, MHD_HTTP_OK, slice_make(vendor->revocations_note, vendor->revocations_size),
                      KEEP_REVOCATIONS);
}

static enum MHD_Result reply_health(struct listener *listener, const struct exchange *exchange)
{
    struct engine_counters counters;
    engine_counters(listener->engine, &counters);
    if (counters.trouble == OK)
        return reply_copy(exchange->http, MHD_HTTP_OK, slice_of("ok\n"), KEEP_NOT);
    char text[NAME_SIZE];
    snprintf(text, sizeof text, "%s\n", error_info(counters.trouble)->name);
    return reply_copy(exchange->http, MHD_HTTP_SERVICE_UNAVAILABLE, slice_of(text), KEEP_NOT);
}

static enum MHD_Result reply_ledger(struct listener *listener, const struct exchange *exchange)
{
    if (listener->ledgers == NULL)
        return reply_nothing(exchange);
    CLEANUP_BUFFER struct buffer body = buffer_make(LEDGER_PAGE_MAX);
    struct ledger_page page = {NULL, NULL};
    pthread_mutex_lock(&listener->ledgers_lock);
    const struct result result = ledger_page(listener->engine, listener->ledgers, exchange->name, &body, &page);
    pthread_mutex_unlock(&listener->ledgers_lock);
    if (is_ok(result)) {
        size_t size;
        char *const text = buffer_take(&body, &size);
        struct MHD_Response *const response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
        if (response == NULL)
            free(text);
        return queue_typed(exchange->http, MHD_HTTP_OK, response, page.type, page.keep, NULL);
    }
    const bool absent = result_code(result) == ERR_NO_SUCH_PAGE;
    const struct exchange refused = {
        .http = exchange->http, .page = exchange->page, .refusal = absent ? ERR_NO_SUCH_PAGE : ERR_HOST_STORAGE};
    return reply_refusal(&refused);
}

enum MHD_Result reply_page(struct listener *listener, const struct exchange *exchange)
{
    if (exchange->page == PAGE_HEALTH)
        return reply_health(listener, exchange);
    if (exchange->page == PAGE_LEDGER)
        return reply_ledger(listener, exchange);
    struct authority *const authority = engine_authority(listener->engine);
    const enum MHD_Result result =
        exchange->page == PAGE_LICENSE ? reply_license(exchange, authority) : reply_revocations(exchange, authority);
    authority_release(authority);
    return result;
}
