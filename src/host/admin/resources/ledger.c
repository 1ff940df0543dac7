/* What a host published of its ledgers, and checking what it has; see resources.h. */
#include "resources.h"

#include "base/sentences.h"
#include "core/tlog/checkpoint.h"
#include "host/published.h"
#include "ledger/former.h"
#include "ledger/verification.h"
#include "proto/admin/ledger.h"
#include "question.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Leaves, hashes or machines that one question has looked at; others wait meanwhile. */
enum { VERIFY_BUDGET = 10000 };
/* Epochs in one answer. */
enum { EPOCHS_SHOWN = 32 };

/* ---- checkpoint ---- */

static RESULT root_of(const char *text, char ret_root[static CONTROL_ROOT_SIZE])
{
    struct note *const note = malloc(sizeof *note);
    ENSURE(note != NULL, NO_MEMORY);
    struct checkpoint checkpoint;
    struct result read = note_read(slice_of(text), note);
    if (is_ok(read))
        read = checkpoint_read(note->text, &checkpoint);
    free(note);
    TRY(read);
    base64_write(checkpoint.root.bytes, HASH_SIZE, ret_root);
    return RESULT_OK;
}

static RESULT show_checkpoint(struct admin_question *question, struct reason *reason)
{
    struct ledger_choice choice;
    TRY(ledger_choose(question->options->engine, question_argument(question, "vendor"), &choice, reason));
    struct control_checkpoint message = {.size = choice.published.size};
    memcpy(message.vendor, choice.vendor, sizeof message.vendor);
    memcpy(message.origin, choice.origin, sizeof message.origin);
    _Static_assert(sizeof message.note == sizeof choice.published.note, "one limit");
    memcpy(message.note, choice.published.note, sizeof message.note);
    TRY(root_of(choice.published.note, message.root));
    return control_checkpoint_write(&message, question->out);
}

void resource_checkpoint(void *context, struct http_request *request)
{
    question_answer(context, request, show_checkpoint);
}

/* ---- epochs ---- */

/* What is signed of the newest one is known before the store knows it. */
static void put_epoch(struct admin_question *question, const struct authority_vendor *vendor,
                      const struct former *former, struct control_epoch *ret_epoch)
{
    struct published published = former->published;
    struct control_epoch epoch = {.epoch = former->epoch,
                                  .leaves = former->leaves,
                                  .first = former->first,
                                  .last = former->last,
                                  .newest = former->epoch == vendor->epoch};
    _Static_assert(sizeof epoch.origin == sizeof former->origin, "one limit");
    memcpy(epoch.origin, former->origin, sizeof epoch.origin);
    if (epoch.newest)
        result_ignore(engine_published(question->options->engine, former->origin, &published));
    epoch.signed_size = published.size;
    *ret_epoch = epoch;
}

static RESULT list_epochs(struct admin_question *question, struct reason *reason)
{
    struct store *const store = question->rows.store;
    const struct authority_vendor *vendor;
    const char *const text = question_argument(question, "after");
    uint64_t after = 0;
    TRY(vendor_choose(question->rows.authority, question_argument(question, "vendor"), &vendor, reason));
    if (text != NULL && !is_ok(decimal_read(slice_of(text), EPOCH_LAST, &after)))
        return reason_say(reason, FAIL(USAGE), _("%.32s is no number of an epoch"), text);
    struct control_epoch epochs[EPOCHS_SHOWN];
    struct control_epochs message = {.epochs = epochs};
    struct result found = RESULT_OK;
    memcpy(message.vendor, vendor->vendor, sizeof message.vendor);
    while (message.count < EPOCHS_SHOWN) {
        struct former former;
        found = former_next(store, &vendor->host_key, after, &former, reason);
        if (!is_ok(found))
            break;
        put_epoch(question, vendor, &former, &epochs[message.count++]);
        after = former.epoch;
    }
    if (!is_ok(found) && result_code(found) != ERR_NOT_FOUND)
        return found;
    message.next = is_ok(found) ? after : 0;
    return control_epochs_write(&message, question->out);
}

void resource_epochs(void *context, struct http_request *request)
{
    question_answer(context, request, list_epochs);
}

/* ---- verify ---- */

/* The body says where to go on; the answer says where that was. */
static RESULT verify(struct admin_question *question, struct reason *reason)
{
    const char *const name = question_argument(question, "vendor");
    const char *const number = question_argument(question, "epoch");
    const struct authority_vendor *const vendor =
        name == NULL ? NULL : authority_find_vendor(question->rows.authority, name);
    if (vendor == NULL)
        return reason_say(reason, FAIL(NOT_FOUND), _("no such vendor"));
    uint64_t epoch = vendor->epoch;
    if (number != NULL && !is_ok(decimal_read(slice_of(number), vendor->epoch, &epoch)))
        return reason_say(reason, FAIL(USAGE), _("the newest epoch of the ledger is %" PRIu64), vendor->epoch);
    struct verification verification;
    struct verification told;
    TRY(verification_begin(&vendor->host_key, epoch, &verification));
    const struct slice body = http_request_body(question->request);
    if (body.size > 0) {
        if (!is_ok(verification_read(body, &told)) || strcmp(told.origin, verification.origin) != 0)
            return reason_say(reason, FAIL(USAGE), _("the body is no position of a check of this ledger"));
        verification = told;
    }
    __attribute__((cleanup(control_verified_free))) struct control_verified verified;
    TRY(verification_step(question->rows.store, &vendor->host_key, &verification, VERIFY_BUDGET, &verified, reason));
    memcpy(verified.vendor, vendor->vendor, sizeof verified.vendor);
    return control_verified_write(&verified, question->out);
}

void resource_verify(void *context, struct http_request *request)
{
    question_answer(context, request, verify);
}

/* ---- tiles ---- */

void resource_tiles(void *context, struct http_request *request)
{
    const struct control_options *const options = context;
    CLEANUP_BUFFER struct buffer text = buffer_make(LEDGER_PAGE_MAX);
    struct ledger_page page = {NULL, NULL};
    struct reason reason = {.text = ""};
    const struct result state =
        published_page(options->engine, options->reader, http_request_name(request), &text, &page, &reason);
    struct http_response response =
        is_ok(state) ? http_response_take(HTTP_OK, page.type, &text) : question_failed(state, &reason);
    if (is_ok(state))
        response.cache = page.cache;
    http_respond(request, &response);
}
