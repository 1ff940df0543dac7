/* Copying the database of a host that serves; see copying.h. */
#include "copying.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct copying {
    struct engine *engine;
    const struct log *log;
    char *path;
    bool begun; /* there is a thread to be joined; the control's thread alone looks at this */
    pthread_t thread;

    pthread_mutex_t lock; /* of what is below */
    bool ending;
    struct copying_state state;
    struct result result;
    struct reason reason;
};

RESULT copying_new(struct engine *engine, const char *path, const struct log *log, struct copying **ret_copying)
{
    struct copying *const copying = calloc(1, sizeof *copying);
    ENSURE(copying != NULL, NO_MEMORY);
    copying->path = strdup(path);
    if (copying->path == NULL) {
        free(copying);
        return FAIL(NO_MEMORY);
    }
    copying->engine = engine;
    copying->log = log;
    pthread_mutex_init(&copying->lock, NULL);
    *ret_copying = copying;
    return RESULT_OK;
}

static bool go_on(void *context, uint64_t done, uint64_t all)
{
    struct copying *const copying = context;
    pthread_mutex_lock(&copying->lock);
    copying->state.done = done;
    copying->state.all = all;
    const bool ending = copying->ending;
    pthread_mutex_unlock(&copying->lock);
    return !ending;
}

static RESULT copy(struct copying *copying, struct reason *reason)
{
    const struct store_watch watch = {go_on, copying};
    struct store *reader;
    TRY(engine_open_reader(copying->engine, &reader, reason));
    const struct result copied = store_copy(reader, copying->path, &watch, reason);
    store_close(reader);
    return copied;
}

static void *copying_thread(void *context)
{
    struct copying *const copying = context;
    struct reason reason = {.text = ""};
    const struct result result = copy(copying, &reason);
    if (is_ok(result))
        LOG_EVENT(copying->log, LOG_INFO, "database-copied", TEXT_FIELD("file", copying->path));
    else
        LOG_EVENT(copying->log, LOG_ERROR, "database-not-copied", TEXT_FIELD("file", copying->path),
                  TEXT_FIELD("code", error_info(result_code(result))->name), TEXT_FIELD("reason", reason.text));
    pthread_mutex_lock(&copying->lock);
    copying->state.running = false;
    copying->result = result;
    copying->reason = reason;
    pthread_mutex_unlock(&copying->lock);
    return NULL;
}

static void join(struct copying *copying)
{
    if (copying->begun)
        pthread_join(copying->thread, NULL);
    copying->begun = false;
}

RESULT copying_begin(struct copying *copying)
{
    pthread_mutex_lock(&copying->lock);
    const bool running = copying->state.running;
    pthread_mutex_unlock(&copying->lock);
    ENSURE(!running, HOST_BUSY);
    join(copying);
    copying->state = (struct copying_state){.running = true}; /* there is no other thread now */
    copying->result = RESULT_OK;
    copying->begun = pthread_create(&copying->thread, NULL, copying_thread, copying) == 0;
    if (!copying->begun)
        copying->state.running = false;
    return copying->begun ? RESULT_OK : FAIL(NO_MEMORY);
}

RESULT copying_look(struct copying *copying, struct copying_state *ret_state, struct reason *reason)
{
    pthread_mutex_lock(&copying->lock);
    const struct result result = copying->result;
    *ret_state = copying->state;
    if (!is_ok(result) && reason != NULL)
        *reason = copying->reason;
    pthread_mutex_unlock(&copying->lock);
    return result;
}

void copying_free(struct copying *copying)
{
    if (copying == NULL)
        return;
    pthread_mutex_lock(&copying->lock);
    copying->ending = true;
    pthread_mutex_unlock(&copying->lock);
    join(copying);
    pthread_mutex_destroy(&copying->lock);
    free(copying->path);
    free(copying);
}
