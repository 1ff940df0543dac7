/* Reading all files of a host's archive, so that what is missing or damaged is known before somebody needs it. */
#include "base/sentences.h"
#include "commands.h"
#include "control/client.h"
#include "ledger/archive.h"
#include "proto/api.h"
#include "system/clock.h"
#include "terminal/say.h"

static RESULT ask_step(const char *folder, struct control_archive_check *check, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_BODY_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    TRY(control_archive_check_write(check, &body));
    TRY(control_ask(folder, "POST", CONTROL_ARCHIVE_CHECK, buffer_slice(&body), &answer, reason));
    return control_archive_check_read(buffer_slice(&answer), check);
}

RESULT command_check_archive(const char *folder, struct store *store, struct control_archive_check *ret_check,
                             struct reason *reason)
{
    struct control_archive_check check = {.finished = false};
    struct progress progress = {.what = _("checking bundle"), .began_ms = clock_monotonic_ms()};
    struct result result = RESULT_OK;
    while (is_ok(result) && !check.finished) {
        result = store == NULL ? ask_step(folder, &check, reason) : archive_check_step(store, &check, reason);
        progress.total = check.all;
        progress_show(&progress, check.looked_at, clock_monotonic_ms());
    }
    progress_end(&progress);
    *ret_check = check;
    return result;
}
