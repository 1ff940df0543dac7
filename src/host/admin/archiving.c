/* Bringing old leaves of a host that serves into files; see archiving.h. */
#include "archiving.h"

#include <stdlib.h>

struct archiving {
    struct engine *engine;
    const char *data;
    const struct log *log;
    struct aside *aside;

    /* The work's, while it is running. */
    char folder[PATH_SIZE];
    seconds before;
    struct archive_report report;
};

RESULT archiving_new(struct engine *engine, const char *data, const struct log *log, struct archiving **ret_archiving)
{
    struct archiving *const archiving = calloc(1, sizeof *archiving);
    ENSURE(archiving != NULL, NO_MEMORY);
    if (!is_ok(aside_new(&archiving->aside))) {
        free(archiving);
        return FAIL(NO_MEMORY);
    }
    archiving->engine = engine;
    archiving->data = data;
    archiving->log = log;
    *ret_archiving = archiving;
    return RESULT_OK;
}

/* Between two batches. */
static RESULT transact(void *context, RESULT (*work)(void *work_context, struct store *store, struct reason *reason),
                       void *work_context, struct reason *reason)
{
    return engine_run(context, work, work_context, reason);
}

static RESULT archive(struct archiving *archiving, const struct store_watch *watch, struct reason *reason)
{
    struct archive_options options = {.data = archiving->data,
                                      .folder = archiving->folder[0] == 0 ? NULL : archiving->folder,
                                      .before = archiving->before,
                                      .transact = transact,
                                      .context = archiving->engine,
                                      .watch = watch};
    TRY(engine_open_reader(archiving->engine, &options.reader, reason));
    const struct result result = archive_run(&options, &archiving->report, reason);
    store_close(options.reader);
    return result;
}

static RESULT archive_and_log(void *context, const struct store_watch *watch, struct reason *reason)
{
    struct archiving *const archiving = context;
    const struct result result = archive(archiving, watch, reason);
    const struct archive_report *const report = &archiving->report;
    if (is_ok(result))
        LOG_EVENT(archiving->log, LOG_INFO, "archived", TEXT_FIELD("folder", report->folder),
                  NUMBER_FIELD("bundles", report->bundles), NUMBER_FIELD("all", report->all));
    else
        LOG_EVENT(archiving->log, LOG_ERROR, "not-archived", TEXT_FIELD("folder", report->folder),
                  NUMBER_FIELD("bundles", report->bundles), TEXT_FIELD("code", error_info(result_code(result))->name),
                  TEXT_FIELD("reason", reason->text));
    return result;
}

RESULT archiving_begin(struct archiving *archiving, const char *folder, seconds before)
{
    struct aside_state state;
    result_ignore(aside_look(archiving->aside, &state, NULL));
    ENSURE(!state.running, HOST_BUSY);
    TRY(slice_copy_text(slice_of(folder), archiving->folder, sizeof archiving->folder));
    archiving->before = before;
    archiving->report = (struct archive_report){.bundles = 0};
    return aside_begin(archiving->aside, archive_and_log, archiving);
}

RESULT archiving_look(struct archiving *archiving, struct aside_state *ret_state, struct archive_report *ret_report,
                      struct reason *reason)
{
    const struct result result = aside_look(archiving->aside, ret_state, reason);
    *ret_report = (struct archive_report){.bundles = 0};
    if (!ret_state->running)
        *ret_report = archiving->report;
    return result;
}

void archiving_free(struct archiving *archiving)
{
    if (archiving == NULL)
        return;
    aside_free(archiving->aside);
    free(archiving);
}
