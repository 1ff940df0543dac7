/* The export of a whole ledger, as a stream; see resources.h and core/tlog/export.h. */
#include "resources.h"

#include "core/tlog/export.h"
#include "host/published.h"
#include "proto/api.h"
#include "question.h"
#include "store/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Bytes after which no leaf is added to a piece. With the last leaf, the header or the checkpoint it fits. */
enum { PIECE_ENOUGH = 64 * 1024 };
_Static_assert(2 * (int)PIECE_ENOUGH <= (int)HTTP_PIECE_MAX, "a piece has room");

/* An export under way. */
struct export
{
    const struct control_options *options;
    struct published published;
    struct export_header header;
    bool begun;         /* the header is written */
    uint64_t next;      /* leaf */
    size_t enough;      /* size of the piece after which no leaf is added */
    struct buffer *out; /* the piece that is being made */
};

static bool add_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct export *const export = context;
    export_leaf_write(leaf, export->out);
    export->next = index + 1;
    return export->out->size < export->enough;
}

static RESULT add_leaves(struct export *export, struct reason *reason)
{
    const uint64_t first = export->next;
    TRY(store_leaves(export->options->reader, export->published.ledger, first, export->published.size - first, add_leaf,
                     export, reason));
    ENSURE(export->next > first, STORE_CORRUPT); /* they were signed */
    return RESULT_OK;
}

static RESULT add_piece(struct export *export, bool *ret_last, struct reason *reason)
{
    if (!export->begun)
        export_header_write(&export->header, export->out);
    export->begun = true;
    if (export->next < export->published.size)
        return add_leaves(export, reason);
    export_end_write(slice_of(export->published.note), export->out);
    *ret_last = true;
    return RESULT_OK;
}

static RESULT produce(void *context, struct buffer *out, bool *ret_last)
{
    struct export *const export = context;
    export->out = out;
    export->enough = out->size + PIECE_ENOUGH;
    struct reason reason = {.text = ""};
    const struct result state = add_piece(export, ret_last, &reason);
    if (!is_ok(state))
        LOG_EVENT(export->options->log, LOG_ERROR, "export-failed", NUMBER_FIELD("leaf", export->next),
                  TEXT_FIELD("code", error_info(result_code(state))->name), TEXT_FIELD("reason", reason.text));
    return state;
}

/* ---- begin ---- */

/* Which ledger, and from which leaf on. */
static RESULT choose(const struct control_options *options, struct http_request *request,
                     struct ledger_choice *ret_choice, uint64_t *ret_since, struct reason *reason)
{
    struct ledger_choice choice;
    uint64_t since = 0;
    const char *const text = http_request_argument(request, "since");
    TRY(ledger_choose(options->engine, http_request_argument(request, "vendor"), &choice, reason));
    if (text != NULL && !is_ok(decimal_read(slice_of(text), choice.published.size, &since)))
        return reason_say(reason, FAIL(USAGE), "the ledger has no size %.32s; it has %" PRIu64 " signed leaves", text,
                          choice.published.size);
    *ret_choice = choice;
    *ret_since = since;
    return RESULT_OK;
}

static RESULT begin(const struct control_options *options, struct http_request *request, struct export *export,
                    struct reason *reason)
{
    struct ledger_choice choice;
    uint64_t since = 0;
    TRY(choose(options, request, &choice, &since, reason));
    *export = (struct export){.options = options,
                              .published = choice.published,
                              .header = {.from = since, .to = choice.published.size},
                              .next = since};
    memcpy(export->header.origin, choice.origin, sizeof export->header.origin);
    struct store_tiles context = {options->reader, choice.published.ledger, NULL};
    const struct tile_source tiles = store_tile_source(&context);
    return frontier_load(&tiles, since, &export->header.frontier);
}

void resource_export(void *context, struct http_request *request)
{
    struct reason reason = {.text = ""};
    struct export *const export = malloc(sizeof *export);
    const struct result state = export == NULL ? FAIL(NO_MEMORY) : begin(context, request, export, &reason);
    struct http_response response;
    if (is_ok(state)) {
        response = (struct http_response){.status = HTTP_OK,
                                          .type = TYPE_BINARY,
                                          .cache = "no-store",
                                          .pieces = {produce, free, export, HTTP_LENGTH_UNKNOWN}};
    } else {
        response = question_failed(state, &reason);
        free(export);
    }
    http_respond(request, &response);
}
