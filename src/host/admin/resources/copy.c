/* Copying the database for a backup; see resources.h. */
#include "resources.h"

#include "copying.h"
#include "proto/admin/copy.h"
#include "question.h"

static RESULT show_copying(struct admin_question *question, struct reason *reason)
{
    struct aside_state state;
    TRY(copying_look(question->options->copying, &state, reason));
    const struct control_copying message = {state.running, state.done, state.all};
    return control_copying_write(&message, question->out);
}

static RESULT begin_copying(struct admin_question *question, struct reason *reason)
{
    TRY(copying_begin(question->options->copying));
    return show_copying(question, reason);
}

void resource_copy(void *context, struct http_request *request)
{
    question_answer(context, request, begin_copying);
}

void resource_copying(void *context, struct http_request *request)
{
    question_answer(context, request, show_copying);
}
