/* The licenses that a host has; see resources.h. */
#include "resources.h"

#include "proto/admin/licenses.h"
#include "question.h"

static RESULT show_licenses(struct admin_question *question, struct reason *reason)
{
    (void)reason;
    __attribute__((cleanup(control_licenses_free))) struct control_licenses licenses = {.now = question->rows.now};
    TRY(rows_licenses(&question->rows, &licenses.licenses, &licenses.count));
    return control_licenses_write(&licenses, question->out);
}

void resource_licenses(void *context, struct http_request *request)
{
    question_answer(context, request, show_licenses);
}
