/* Copying the database of a host that serves; see copying.h. */
#include "copying.h"

#include <stdlib.h>
#include <string.h>

struct copying {
    struct engine *engine;
    const struct log *log;
    char *path;
    struct aside *aside;
};

RESULT copying_new(struct engine *engine, const char *path, const struct log *log, struct copying **ret_copying)
{
    struct copying *const copying = calloc(1, sizeof *copying);
    ENSURE(copying != NULL, NO_MEMORY);
    copying->path = strdup(path);
    if (copying->path == NULL || !is_ok(aside_new(&copying->aside))) {
        copying_free(copying);
        return FAIL(NO_MEMORY);
    }
    copying->engine = engine;
    copying->log = log;
    *ret_copying = copying;
    return RESULT_OK;
}

static RESULT copy(struct copying *copying, const struct store_watch *watch, struct reason *reason)
{
    struct store *reader;
    /* Of what the copy has signed, and a host that is restored from it can export. */
    result_ignore(engine_save(copying->engine, NULL));
    TRY(engine_open_reader(copying->engine, &reader, reason));
    const struct result copied = store_copy(reader, copying->path, watch, reason);
    store_close(reader);
    return copied;
}

static RESULT copy_and_log(void *context, const struct store_watch *watch, struct reason *reason)
{
    struct copying *const copying = context;
    const struct result result = copy(copying, watch, reason);
    if (is_ok(result))
        LOG_EVENT(copying->log, LOG_INFO, "database-copied", TEXT_FIELD("file", copying->path));
    else
        LOG_EVENT(copying->log, LOG_ERROR, "database-not-copied", TEXT_FIELD("file", copying->path),
                  TEXT_FIELD("code", error_info(result_code(result))->name), TEXT_FIELD("reason", reason->text));
    return result;
}

RESULT copying_begin(struct copying *copying)
{
    return aside_begin(copying->aside, copy_and_log, copying);
}

RESULT copying_look(struct copying *copying, struct aside_state *ret_state, struct reason *reason)
{
    return aside_look(copying->aside, ret_state, reason);
}

void copying_free(struct copying *copying)
{
    if (copying == NULL)
        return;
    aside_free(copying->aside);
    free(copying->path);
    free(copying);
}
