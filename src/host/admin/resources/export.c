/* The export of a whole ledger, or of a former epoch of one, as a stream; see resources.h and ledger/export.h. */
#include "resources.h"

#include "base/sentences.h"
#include "host/published.h"
#include "ledger/export.h"
#include "ledger/former.h"
#include "proto/api.h"
#include "question.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)LEDGER_EXPORT_PIECE_MAX <= (int)HTTP_PIECE_MAX, "a piece has room");

/* An export on its way to who asked for it. */
struct sending {
    const struct control_options *options;
    struct ledger_export export;
};

static RESULT produce(void *context, struct buffer *out, bool *ret_last)
{
    struct sending *const sending = context;
    struct reason reason = {.text = ""};
    const struct result state = ledger_export_next(&sending->export, out, ret_last, &reason);
    if (!is_ok(state))
        LOG_EVENT(sending->options->log, LOG_ERROR, "export-failed", NUMBER_FIELD("leaf", sending->export.next),
                  TEXT_FIELD("code", error_info(result_code(state))->name), TEXT_FIELD("reason", reason.text));
    return state;
}

/* ---- begin ---- */

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

/* The one that is named; the newest where none is, or that. */
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

static RESULT begin_with(struct sending *sending, const struct authority *authority, struct http_request *request,
                         struct reason *reason)
{
    const struct control_options *const options = sending->options;
    const char *const text = http_request_argument(request, "since");
    const struct authority_vendor *vendor;
    struct former chosen = {.epoch = 0};
    uint64_t since = 0;
    TRY(vendor_choose(authority, http_request_argument(request, "vendor"), &vendor, reason));
    TRY(choose(options, vendor, http_request_argument(request, "epoch"), &chosen, reason));
    if (text != NULL && !is_ok(decimal_read(slice_of(text), chosen.published.size, &since)))
        return reason_say(reason, FAIL(USAGE), _("the ledger has no size %.32s; it has %" PRIu64 " signed leaves"),
                          text, chosen.published.size);
    return ledger_export_begin(options->reader, &chosen.published, chosen.origin, since, &sending->export, reason);
}

static RESULT begin(const struct control_options *options, struct http_request *request, struct sending *sending,
                    struct reason *reason)
{
    struct authority *const authority = engine_authority(options->engine);
    sending->options = options;
    const struct result begun = begin_with(sending, authority, request, reason);
    authority_release(authority);
    return begun;
}

void resource_export(void *context, struct http_request *request)
{
    struct reason reason = {.text = ""};
    struct sending *const sending = malloc(sizeof *sending);
    const struct result state = sending == NULL ? FAIL(NO_MEMORY) : begin(context, request, sending, &reason);
    struct http_response response;
    if (is_ok(state)) {
        response = (struct http_response){.status = HTTP_OK,
                                          .type = TYPE_BINARY,
                                          .cache = "no-store",
                                          .pieces = {produce, free, sending, HTTP_LENGTH_UNKNOWN}};
    } else {
        response = question_failed(state, &reason);
        free(sending);
    }
    http_respond(request, &response);
}
