/* What anybody may read; see pages.h. */
#include "pages.h"

#include "host/engine.h"
#include "host/published.h"
#include "proto/api.h"
#include "refusals.h"
#include "signer/protocol.h"
#include "site.h"

/* How long others may keep an answer. */
#define CACHE_LICENSE     "public, max-age=3600"
#define CACHE_REVOCATIONS "public, max-age=300"

enum { TROUBLES_MAX = SIGNER_LEDGERS_MAX * 2 * NAME_SIZE };

/* A copy of the text, or a denial where it has none. */
static void show(struct http_request *request, struct slice text, const char *cache)
{
    struct http_response response =
        text.data == NULL ? refusal_of(ERR_NO_SUCH_PAGE, RESULT_OK) : http_response_of(HTTP_OK, TYPE_TEXT, text);
    if (text.data != NULL)
        response.cache = cache;
    http_respond(request, &response);
}

void page_license(void *context, struct http_request *request)
{
    const struct listener *const listener = context;
    struct authority *const authority = engine_authority(listener->engine);
    const struct authority_license *const license = authority_find_license(authority, http_request_name(request), NULL);
    show(request, license == NULL ? slice_make(NULL, 0) : slice_make(license->note, license->note_size), CACHE_LICENSE);
    authority_release(authority);
}

void page_revocations(void *context, struct http_request *request)
{
    const struct listener *const listener = context;
    struct authority *const authority = engine_authority(listener->engine);
    const struct authority_vendor *const vendor = authority_find_vendor(authority, http_request_name(request));
    show(request, vendor == NULL ? slice_make(NULL, 0) : slice_make(vendor->revocations_note, vendor->revocations_size),
         CACHE_REVOCATIONS);
    authority_release(authority);
}

/* What is wrong, a line each; where nothing is, that. A buffer that got no memory is empty too, and says neither. */
static struct http_response response_of_troubles(const struct buffer *troubles)
{
    if (!is_ok(buffer_status(troubles)))
        return refusal_of(ERR_HOST_BUSY, RESULT_OK);
    return troubles->size == 0 ? http_response_of(HTTP_OK, TYPE_TEXT, slice_of("ok\n"))
                               : http_response_of(HTTP_UNAVAILABLE, TYPE_TEXT, buffer_slice(troubles));
}

static void show_troubles(struct http_request *request, const struct buffer *troubles)
{
    struct http_response response = response_of_troubles(troubles);
    response.cache = CACHE_NOT;
    http_respond(request, &response);
}

static void add_host_trouble(const struct listener *listener, struct buffer *troubles)
{
    struct metrics metrics;
    engine_metrics(listener->engine, &metrics);
    if (metrics.trouble != OK)
        buffer_printf(troubles, "%s\n", error_info(metrics.trouble)->name);
}

static void add_ledger_troubles(const struct listener *listener, struct buffer *troubles)
{
    struct authority *const authority = engine_authority(listener->engine);
    for (size_t i = 0; i < authority->vendor_count; i++) {
        struct ledger_standing standing;
        engine_standing(listener->engine, authority->vendors[i].origin, &standing);
        if (standing.trouble != OK)
            buffer_printf(troubles, "%s %s\n", error_info(standing.trouble)->name, authority->vendors[i].vendor);
    }
    authority_release(authority);
}

void page_health(void *context, struct http_request *request)
{
    CLEANUP_BUFFER struct buffer troubles = buffer_make(TROUBLES_MAX);
    add_host_trouble(context, &troubles);
    show_troubles(request, &troubles);
}

void page_ready(void *context, struct http_request *request)
{
    CLEANUP_BUFFER struct buffer troubles = buffer_make(TROUBLES_MAX);
    add_host_trouble(context, &troubles);
    add_ledger_troubles(context, &troubles);
    show_troubles(request, &troubles);
}

static struct http_response ledger_response(struct listener *listener, const char *address)
{
    if (listener->ledgers == NULL)
        return refusal_of(ERR_NO_SUCH_PAGE, RESULT_OK);
    CLEANUP_BUFFER struct buffer text = buffer_make(LEDGER_PAGE_MAX);
    struct ledger_page page = {NULL, NULL};
    pthread_mutex_lock(&listener->ledgers_lock);
    struct reason reason = {.text = ""};
    const struct result result = published_page(listener->engine, listener->ledgers, address, &text, &page, &reason);
    pthread_mutex_unlock(&listener->ledgers_lock);
    if (result_code(result) == ERR_NO_SUCH_PAGE)
        return refusal_of(ERR_NO_SUCH_PAGE, RESULT_OK);
    if (!is_ok(result)) {
        LOG_EVENT(listener->log, LOG_ERROR, "page-failed", TEXT_FIELD("page", address),
                  TEXT_FIELD("code", error_info(result_code(result))->name), TEXT_FIELD("reason", reason.text));
        return refusal_of(ERR_HOST_STORAGE, RESULT_OK);
    }
    struct http_response response = http_response_take(HTTP_OK, page.type, &text);
    response.cache = page.cache;
    return response;
}

void page_ledger(void *context, struct http_request *request)
{
    const struct http_response response = ledger_response(context, http_request_name(request));
    http_respond(request, &response);
}
