/* One question to the control interface; see question.h. */
#include "question.h"

#include "base/sentences.h"
#include "host/published.h"
#include "proto/admin/failure.h"
#include "proto/api.h"

#include <inttypes.h>
#include <string.h>

void question_answer(void *context, struct http_request *request,
                     RESULT (*answer)(struct admin_question *question, struct reason *reason))
{
    const struct control_options *const options = context;
    CLEANUP_BUFFER struct buffer out = buffer_make(CONTROL_ANSWER_MAX);
    struct reason reason = {.text = ""};
    struct authority *const authority = engine_authority(options->engine);
    struct admin_question question = {
        options, request, {options->reader, authority, options->now(), &reason}, &out, TYPE_JSON};
    const struct result state = answer(&question, &reason);
    authority_release(authority);
    const struct http_response response =
        is_ok(state) ? http_response_take(HTTP_OK, question.type, &out) : question_failed(state, &reason);
    http_respond(request, &response);
}

/* ---- failures ---- */

struct http_response question_failed(struct result why, const struct reason *reason)
{
    const struct error_info *const info = error_info(result_code(why));
    const char *const words = reason_text(reason);
    const char *const message = *words != 0 ? words : info->sentence;
    struct control_failure failure = {0};
    const size_t size = strlen(message);
    memcpy(failure.code, info->name, strlen(info->name) + 1);
    memcpy(failure.message, message, size < sizeof failure.message ? size : sizeof failure.message - 1);
    CLEANUP_BUFFER struct buffer out = buffer_make(CONTROL_ANSWER_MAX);
    if (!is_ok(control_failure_write(&failure, &out)))
        return http_response_of(info->http_status, TYPE_JSON, slice_of("")); /* then the status speaks for itself */
    return http_response_take(info->http_status, TYPE_JSON, &out);
}

struct http_response question_refused(void *context, enum http_refusal why)
{
    (void)context;
    switch (why) {
    case HTTP_REFUSED_PEER:
        return question_failed(FAIL(CONTROL_REFUSED), NULL);
    case HTTP_HEAD_TOO_LARGE:
    case HTTP_BODY_TOO_LARGE:
        return question_failed(FAIL(REQUEST_TOO_LARGE), NULL);
    case HTTP_NO_SUCH_PATH:
        return question_failed(FAIL(NO_SUCH_PAGE), NULL);
    case HTTP_NOT_THIS_METHOD:
        return question_failed(FAIL(WRONG_METHOD), NULL);
    case HTTP_OUT_OF_MEMORY:
        return question_failed(FAIL(NO_MEMORY), NULL);
    case HTTP_SERVER_QUIESCENT:
        return question_failed(FAIL(HOST_BUSY), NULL);
    case HTTP_NOT_UNDERSTOOD:
        break;
    }
    return question_failed(FAIL(REQUEST_REFUSED), NULL);
}

/* ---- arguments ---- */

const char *question_argument(const struct admin_question *question, const char *name)
{
    return http_request_argument(question->request, name);
}

bool question_flag(const struct admin_question *question, const char *name)
{
    const char *const value = question_argument(question, name);
    return value != NULL && strcmp(value, "1") == 0;
}

RESULT question_limit(const struct admin_question *question, size_t *ret_limit, struct reason *reason)
{
    const char *const text = question_argument(question, "limit");
    uint64_t limit = CONTROL_LIST_USUAL;
    if (text != NULL && (!is_ok(decimal_read(slice_of(text), UINT32_MAX, &limit)) || limit == 0))
        return reason_say(reason, FAIL(USAGE), _("limit is not a number from 1"));
    *ret_limit = limit < CONTROL_LIST_MAX ? (size_t)limit : CONTROL_LIST_MAX;
    return RESULT_OK;
}

bool question_digits(const char *text, char digits[static MACHINE_ID_TEXT_SIZE])
{
    size_t size = 0;
    for (; text[size] != 0; size++) {
        if (size == MACHINE_ID_TEXT_SIZE - 1 || !ascii_is_hex(text[size]))
            return false;
        digits[size] = ascii_lower(text[size]);
    }
    digits[size] = 0;
    return size > 0;
}

RESULT question_machine(const struct admin_question *question, const char *text, struct machine_id *ret_machine,
                        struct reason *reason)
{
    char digits[MACHINE_ID_TEXT_SIZE];
    if (!question_digits(text, digits) || strlen(digits) < MACHINE_PREFIX_LEAST)
        return reason_say(reason, FAIL(USAGE),
                          _("a machine is named by its id, or by %d or more digits that it begins with"),
                          MACHINE_PREFIX_LEAST);
    bool several = false;
    const struct result state = rows_find_machine(&question->rows, digits, ret_machine, &several);
    if (result_code(state) == ERR_NOT_FOUND)
        return reason_say(reason, state, _("no machine's id begins with %s"), digits);
    if (is_ok(state) && several)
        return reason_say(reason, FAIL(USAGE), _("several machines' ids begin with %s; give more digits"), digits);
    return state;
}

/* An epoch that has ended, as far as the store keeps a signature of it. */
static RESULT find_former(const struct control_options *options, const struct authority_vendor *vendor, uint64_t epoch,
                          struct former *ret_former, struct reason *reason)
{
    struct former former;
    const struct result found = former_find(options->reader, &vendor->host_key, epoch, &former, reason);
    if (result_code(found) == ERR_NOT_FOUND)
        return reason_say(reason, found, _("the database has no epoch %" PRIu64 " of the ledger %s"), epoch,
                          vendor->host_key.name);
    TRY(found);
    if (former.published.note[0] == 0)
        return reason_say(reason, FAIL(NOT_FOUND), _("the database keeps no signature of %s"), former.origin);
    *ret_former = former;
    return RESULT_OK;
}

/* The epoch that is named; the newest where none is, or that. */
static RESULT choose(const struct control_options *options, const struct authority_vendor *vendor, const char *number,
                     struct former *ret_former, struct reason *reason)
{
    uint64_t epoch = vendor->epoch;
    if (number != NULL && (!is_ok(decimal_read(slice_of(number), EPOCH_LAST, &epoch)) || epoch == 0))
        return reason_say(reason, FAIL(USAGE), _("%.32s is no number of an epoch"), number);
    if (epoch != vendor->epoch)
        return find_former(options, vendor, epoch, ret_former, reason);
    struct former newest = {.epoch = epoch};
    memcpy(newest.origin, vendor->origin, sizeof newest.origin);
    const struct result published = engine_published(options->engine, vendor->origin, &newest.published);
    if (result_code(published) == ERR_NOT_FOUND)
        return FAIL(HOST_SIGNER);
    TRY(published);
    *ret_former = newest;
    return RESULT_OK;
}

static RESULT choose_epoch(const struct control_options *options, struct http_request *request,
                           struct former *ret_chosen, struct reason *reason)
{
    struct authority *const authority = engine_authority(options->engine);
    const struct authority_vendor *vendor;
    struct result chosen = vendor_choose(authority, http_request_argument(request, "vendor"), &vendor, reason);
    if (is_ok(chosen))
        chosen = choose(options, vendor, http_request_argument(request, "epoch"), ret_chosen, reason);
    authority_release(authority);
    return chosen;
}

RESULT question_leaves(const struct control_options *options, struct http_request *request, struct former *ret_chosen,
                       uint64_t *ret_since, struct reason *reason)
{
    struct former chosen = {.epoch = 0};
    uint64_t since = 0;
    const char *const text = http_request_argument(request, "since");
    TRY(choose_epoch(options, request, &chosen, reason));
    if (text != NULL && !is_ok(decimal_read(slice_of(text), chosen.published.size, &since)))
        return reason_say(reason, FAIL(USAGE), _("the ledger has no size %.32s; it has %" PRIu64 " signed leaves"),
                          text, chosen.published.size);
    *ret_chosen = chosen;
    *ret_since = since;
    return RESULT_OK;
}
