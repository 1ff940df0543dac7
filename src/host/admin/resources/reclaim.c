/* Taking a seat back from a machine that is gone; see resources.h. */
#include "resources.h"

#include "base/sentences.h"
#include "core/rules/decide.h"
#include "proto/admin/machines.h"
#include "question.h"

#include <string.h>

static enum control_reclaim_outcome outcome_of(enum reclaim_kind kind)
{
    switch (kind) {
    case RECLAIM_FREES:
        return CONTROL_RECLAIM_FREE;
    case RECLAIM_FIRST:
        return CONTROL_RECLAIM_FIRST;
    case RECLAIM_AGAIN:
        return CONTROL_RECLAIM_AGAIN;
    case RECLAIM_LOGS:
    case RECLAIM_NOTHING:
        break;
    }
    return CONTROL_RECLAIM_LATER;
}

static RESULT reclaim(struct admin_question *question, struct reason *reason)
{
    struct reclaim reclaim = {{{0}}, "", RECLAIM_NOTHING, 0, 0, 0, 0, 0, 0, ""};
    struct control_reclaim message = {""};
    const struct slice body = http_request_body(question->request);
    TRY(question_machine(question, http_request_name(question->request), &reclaim.machine, reason));
    if (body.size > 0 && !is_ok(control_reclaim_read(body, &message)))
        return reason_say(reason, FAIL(USAGE), _("the body is not {\"license\": ID}"));
    memcpy(reclaim.license, message.license, sizeof reclaim.license);
    TRY(engine_reclaim(question->options->engine, &reclaim, reason));
    struct control_reclaimed answer = {
        .outcome = outcome_of(reclaim.kind),
        .reclaimed = reclaim.reclaimed,
        .lease_ends = reclaim.lease_ends,
        .seat_until = reclaim.seat_until,
        .used = reclaim.used,
        .allowed = reclaim.allowed,
        .leaf = reclaim.leaf,
    };
    machine_id_write(&reclaim.machine, answer.machine);
    memcpy(answer.license, reclaim.license, sizeof answer.license);
    memcpy(answer.origin, reclaim.origin, sizeof answer.origin);
    return control_reclaimed_write(&answer, question->out);
}

void resource_reclaim(void *context, struct http_request *request)
{
    question_answer(context, request, reclaim);
}
