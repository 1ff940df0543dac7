/* HTTP answers; see inner.h. Every failure is a denial document with the status of its code. */
#include "host/published.h"
#include "inner.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text that is copied. */
static struct reply copied(int status, struct slice text, const char *keep)
{
    struct reply reply = {.status = status, .type = TYPE_TEXT, .keep = keep, .size = text.size};
    reply.body = malloc(text.size + 1);
    if (reply.body != NULL)
        memcpy(reply.body, text.data, text.size);
    return reply;
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

struct reply reply_refusal(enum error_code code, struct result fault)
{
    const bool busy = code == ERR_HOST_BUSY;
    struct denial denial = denial_make(code, busy ? RETRY_BUSY_SECONDS : RETRY_REFUSED);
    if (!is_ok(fault))
        add_fault(&denial, fault);
    struct reply reply = {.status = error_info(denial.code)->http_status, .type = TYPE_TEXT, .keep = KEEP_NOT};
    CLEANUP_BUFFER struct buffer text = buffer_make(ANSWER_MAX);
    if (is_ok(denial_write(&denial, &text)))
        reply.body = buffer_take(&text, &reply.size);
    return reply;
}

/* ---- pages ---- */

static struct reply reply_nothing(void)
{
    return reply_refusal(ERR_NO_SUCH_PAGE, RESULT_OK);
}

static struct reply reply_license(const struct authority *authority, const char *name)
{
    const struct authority_license *const license = authority_find_license(authority, name, NULL);
    if (license == NULL)
        return reply_nothing();
    return copied(HTTP_STATUS_OK, slice_make(license->note, license->note_size), KEEP_LICENSE);
}

static struct reply reply_revocations(const struct authority *authority, const char *name)
{
    const struct authority_vendor *const vendor = authority_find_vendor(authority, name);
    if (vendor == NULL || vendor->revocations_note == NULL)
        return reply_nothing();
    return copied(HTTP_STATUS_OK, slice_make(vendor->revocations_note, vendor->revocations_size), KEEP_REVOCATIONS);
}

static struct reply reply_health(struct listener *listener)
{
    struct engine_counters counters;
    engine_counters(listener->engine, &counters);
    if (counters.trouble == OK)
        return copied(HTTP_STATUS_OK, slice_of("ok\n"), KEEP_NOT);
    char text[NAME_SIZE];
    snprintf(text, sizeof text, "%s\n", error_info(counters.trouble)->name);
    return copied(HTTP_STATUS_SERVICE_UNAVAILABLE, slice_of(text), KEEP_NOT);
}

static struct reply reply_ledger(struct listener *listener, const char *name)
{
    if (listener->ledgers == NULL)
        return reply_nothing();
    CLEANUP_BUFFER struct buffer body = buffer_make(LEDGER_PAGE_MAX);
    struct ledger_page page = {NULL, NULL};
    pthread_mutex_lock(&listener->ledgers_lock);
    const struct result result = published_page(listener->engine, listener->ledgers, name, &body, &page);
    pthread_mutex_unlock(&listener->ledgers_lock);
    if (!is_ok(result))
        return reply_refusal(result_code(result) == ERR_NO_SUCH_PAGE ? ERR_NO_SUCH_PAGE : ERR_HOST_STORAGE, RESULT_OK);
    struct reply reply = {.status = HTTP_STATUS_OK, .type = page.type, .keep = page.keep};
    reply.body = buffer_take(&body, &reply.size);
    return reply;
}

struct reply reply_page(struct listener *listener, enum page page, const char *name)
{
    if (page == PAGE_HEALTH)
        return reply_health(listener);
    if (page == PAGE_LEDGER)
        return reply_ledger(listener, name);
    struct authority *const authority = engine_authority(listener->engine);
    const struct reply reply =
        page == PAGE_LICENSE ? reply_license(authority, name) : reply_revocations(authority, name);
    authority_release(authority);
    return reply;
}

/* ---- heads ---- */

static const char *reason_of(int status)
{
    switch (status) {
#define X(number, name, text) \
    case number: \
        return #text;
        HTTP_STATUS_MAP(X)
#undef X
    default:
        return "";
    }
}

struct head {
    char *text; /* REPLY_HEAD_SIZE */
    size_t size;
};

/* All that is added is this program's own, and fits: the longest head is half as large as the room. */
static void add(struct head *head, const char *text)
{
    const size_t length = strlen(text);
    assert(length <= REPLY_HEAD_SIZE - head->size);
    memcpy(head->text + head->size, text, length);
    head->size += length;
}

static void add_number(struct head *head, size_t number)
{
    char digits[24];
    char *first = digits + sizeof digits - 1;
    *first = 0;
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    add(head, first);
}

/* Without the machinery of printf, which would be a tenth of what an answer costs here. */
size_t reply_head(const struct reply *reply, const char *date, bool closing, char text[static REPLY_HEAD_SIZE])
{
    struct head head = {.size = 0};
    head.text = text;
    add(&head, "HTTP/1.1 ");
    add_number(&head, (size_t)reply->status);
    add(&head, " ");
    add(&head, reason_of(reply->status));
    add(&head, "\r\n");
    add(&head, date);
    add(&head, "Content-Type: ");
    add(&head, reply->type);
    add(&head, "\r\nCache-Control: ");
    add(&head, reply->keep);
    add(&head, "\r\nContent-Length: ");
    add_number(&head, reply->size);
    if (reply->allow != NULL) {
        add(&head, "\r\nAllow: ");
        add(&head, reply->allow);
    }
    add(&head, closing ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
    return head.size;
}
