/* What a host is doing; see resources.h. */
#include "resources.h"

#include "proto/admin/status.h"
#include "question.h"

#include <stdio.h>
#include <string.h>

static void copy_counters(const struct engine_counters *counters, struct control_status *status)
{
    status->started = counters->started;
    status->granted = counters->granted;
    status->repeated = counters->repeated;
    status->released = counters->released;
    status->batches = counters->batches;
    status->signatures = counters->signatures;
    status->largest_batch = counters->largest_batch;
    status->queued = counters->queued;
    if (counters->trouble != OK)
        snprintf(status->trouble, sizeof status->trouble, "%s", error_info(counters->trouble)->name);
    for (size_t code = 1; code < sizeof counters->denied / sizeof counters->denied[0]; code++) {
        if (counters->denied[code] == 0)
            continue;
        struct control_denied *denied = &status->denied[status->denied_count++];
        snprintf(denied->code, sizeof denied->code, "%s", error_info((enum error_code)code)->name);
        denied->count = counters->denied[code];
    }
}

static RESULT show_status(struct question *question, struct reason *reason)
{
    (void)reason;
    const struct rows *const rows = &question->rows;
    __attribute__((cleanup(control_status_free))) struct control_status status = {.now = rows->now,
                                                                                  .port = question->options->port};
    TRY(slice_copy_text(slice_of(rows->authority->host), status.host, sizeof status.host));
    TRY(slice_copy_text(slice_of(AVAL_VERSION), status.version, sizeof status.version));
    TRY(rows_ledgers(rows, &status.ledgers, &status.ledger_count));
    TRY(rows_licenses(rows, &status.licenses, &status.license_count));
    struct engine_counters counters;
    engine_counters(question->options->engine, &counters);
    copy_counters(&counters, &status);
    return control_status_write(&status, question->out);
}

void resource_status(void *context, struct http_request *request)
{
    question_answer(context, request, show_status);
}
