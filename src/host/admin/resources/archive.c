/* Bringing old leaves into files; see resources.h. */
#include "resources.h"

#include "archiving.h"
#include "base/sentences.h"
#include "proto/admin/archive.h"
#include "question.h"

/* What is archived, whoever did it. */
static RESULT look(const struct admin_question *question, struct control_archiving *message, struct reason *reason)
{
    struct archive_state state;
    TRY(archive_look(question->options->reader, question->options->folder, &state, reason));
    message->archived = state.bundles;
    return slice_copy_text(slice_of(state.folder), message->folder, sizeof message->folder);
}

static RESULT show_archiving(struct admin_question *question, struct reason *reason)
{
    struct aside_state state;
    struct archive_report report;
    TRY(archiving_look(question->options->archiving, &state, &report, reason));
    struct control_archiving message = {.running = state.running,
                                        .done = state.done,
                                        .all = state.all,
                                        .bundles = report.bundles,
                                        .bytes = report.bytes};
    if (!state.running)
        TRY(look(question, &message, reason));
    return control_archiving_write(&message, question->out);
}

static RESULT begin_archiving(struct admin_question *question, struct reason *reason)
{
    struct control_archive message;
    const struct slice body = http_request_body(question->request);
    if (!is_ok(control_archive_read(body, &message)) || message.keep > TIME_MAX)
        return reason_say(reason, FAIL(USAGE), _("the body is not {\"folder\": PATH, \"keep\": SECONDS}"));
    const seconds now = question->options->now();
    TRY(archiving_begin(question->options->archiving, message.folder, now - (seconds)message.keep));
    return show_archiving(question, reason);
}

void resource_archive(void *context, struct http_request *request)
{
    question_answer(context, request, begin_archiving);
}

void resource_archiving(void *context, struct http_request *request)
{
    question_answer(context, request, show_archiving);
}

/* ---- check ---- */

/* The bundles of one ledger that an export reads, or all of all ledgers. */
static RESULT choose(const struct admin_question *question, struct control_archive_check *check, struct reason *reason)
{
    struct former chosen;
    uint64_t since;
    if (question_argument(question, "since") == NULL)
        return RESULT_OK;
    TRY(question_leaves(question->options, question->request, &chosen, &since, reason));
    check->one = true;
    check->ledger = chosen.published.ledger;
    check->bundle = since / TILE_WIDTH;
    return RESULT_OK;
}

static RESULT check_files(struct admin_question *question, struct reason *reason)
{
    struct control_archive_check check = {.finished = false};
    const struct slice body = http_request_body(question->request);
    if (body.size == 0)
        TRY(choose(question, &check, reason));
    else if (!is_ok(control_archive_check_read(body, &check)))
        return reason_say(reason, FAIL(USAGE), _("the body is no position of a check of the archive"));
    TRY(archive_check_step(question->options->reader, &check, reason));
    return control_archive_check_write(&check, question->out);
}

void resource_archive_check(void *context, struct http_request *request)
{
    question_answer(context, request, check_files);
}
