/* Reading configuration and licenses again; see resources.h. */
#include "resources.h"

#include "proto/admin/reload.h"
#include "question.h"

/* Says what is in force afterwards, which the question does not know. */
static RESULT reload(struct admin_question *question, struct reason *reason)
{
    (void)reason;
    const struct control_options *const options = question->options;
    struct control_reloaded reloaded = {.done = options->reload(options->reload_context)};
    if (reloaded.done)
        options->reading(options->reload_context, &reloaded.reading);
    struct authority *const authority = engine_authority(options->engine);
    reloaded.vendors = authority->vendor_count;
    reloaded.left_out = authority->left_out_count;
    for (size_t i = 0; i < authority->vendor_count; i++)
        reloaded.licenses += authority->vendors[i].license_count;
    authority_release(authority);
    return control_reloaded_write(&reloaded, question->out);
}

void resource_reload(void *context, struct http_request *request)
{
    question_answer(context, request, reload);
}
