/* The export of a whole ledger, or of a former epoch of one, as a stream; see resources.h and ledger/export.h. */
#include "resources.h"

#include "ledger/export.h"
#include "proto/api.h"
#include "question.h"

#include <stdlib.h>

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

static RESULT begin(const struct control_options *options, struct http_request *request, struct sending *sending,
                    struct reason *reason)
{
    struct former chosen;
    uint64_t since = 0;
    TRY(question_leaves(options, request, &chosen, &since, reason));
    sending->options = options;
    return ledger_export_begin(options->reader, &chosen.published, chosen.origin, since, &sending->export, reason);
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
