/* Bringing old leaves into files; see resources.h. */
#include "resources.h"

#include "archiving.h"
#include "base/sentences.h"
#include "proto/admin/archive.h"
#include "question.h"

/* What is archived, whoever did it, and what of it is missing. */
static RESULT look(const struct admin_question *question, struct control_archiving *message, struct reason *reason)
{
    struct archive_state state;
    struct reason first = {.text = ""};
    TRY(archive_look(question->options->reader, question->options->folder, &state, &first));
    message->archived = state.bundles;
    message->missing = state.missing;
    TRY(slice_copy_text(slice_of(state.folder), message->folder, sizeof message->folder));
    if (state.missing > 0)
        TRY(slice_copy_text(slice_of(first.text), message->first_missing, sizeof message->first_missing));
    (void)reason;
    return RESULT_OK;
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
