/* What machines were told that were given nothing; see resources.h. */
#include "resources.h"

#include "base/sentences.h"
#include "proto/admin/denials.h"
#include "question.h"

static RESULT show_denials(struct admin_question *question, struct reason *reason)
{
    size_t limit = 0;
    TRY(question_limit(question, &limit, reason));
    uint64_t before = 0;
    const char *const text = question_argument(question, "before");
    if (text != NULL && !is_ok(decimal_read(slice_of(text), INT64_MAX, &before)))
        return reason_say(reason, FAIL(USAGE), _("before is not a number"));
    struct machine_id machine;
    const char *const name = question_argument(question, "machine");
    if (name != NULL)
        TRY(question_machine(question, name, &machine, reason));
    __attribute__((cleanup(control_denials_free))) struct control_denials denials = {0};
    TRY(rows_denials(&question->rows, name == NULL ? NULL : &machine, before, limit, &denials));
    return control_denials_write(&denials, question->out);
}

void resource_denials(void *context, struct http_request *request)
{
    question_answer(context, request, show_denials);
}
