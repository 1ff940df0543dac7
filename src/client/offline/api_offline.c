/* The public functions of files; see aval.h and offline.h. */
#include "offline.h"

#include "state/installation.h"

#include <stddef.h>
#include <string.h>

#define REPORT_LEAST offsetof(struct aval_report, attempts)

static RESULT make_request(aval_machine *machine, const char *product, struct slice introduction, struct buffer *out,
                           struct reason *reason)
{
    char only[PRODUCT_NAME_SIZE];
    TRY(installation_meant(machine, &product, only, reason));
    TRY(offline_request(machine, product, introduction, out, reason));
    return buffer_status(out);
}

int aval_request_make(aval_machine *machine, const char *product, const char *introduction, size_t introduction_size,
                      char ret_request[AVAL_REQUEST_SIZE])
{
    CLEANUP_BUFFER struct buffer note = buffer_make(AVAL_REQUEST_SIZE - 1);
    struct reason reason = {.text = ""};
    const struct slice shown = slice_make(introduction, introduction == NULL ? 0 : introduction_size);
    const struct result outcome = make_request(machine, product, shown, &note, &reason);
    if (is_ok(outcome))
        memcpy(ret_request, buffer_text(&note), note.size + 1);
    return machine_finish(machine, outcome, &reason);
}

int aval_answer_accept(aval_machine *machine, const char *product, const char *text, size_t text_size,
                       struct aval_report *ret_report)
{
    struct aval_report report = {.size = sizeof report};
    struct reason reason = {.text = ""};
    char only[PRODUCT_NAME_SIZE];
    if (ret_report != NULL && ret_report->size < REPORT_LEAST)
        return machine_finish(machine, FAIL(USAGE), NULL);
    struct result outcome = installation_meant(machine, &product, only, &reason);
    if (is_ok(outcome))
        outcome = offline_accept(machine, product, slice_make(text, text_size), &report, &reason);
    if (ret_report != NULL) {
        const size_t size = ret_report->size < sizeof report ? ret_report->size : sizeof report;
        memcpy(ret_report, &report, size);
        ret_report->size = size;
    }
    return machine_finish(machine, outcome, &reason);
}
