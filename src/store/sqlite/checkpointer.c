/* Moves the log into the database beside the writer; see checkpointer.h. */
#include "checkpointer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHECKPOINT_PAGES = 4096, /* 32 MiB: enough that a page changed by many commits is moved once */
    ROUNDS_MAX = 8,          /* by the thread, each for what was added during the last */
    PAGES_LEFT = 256,        /* few enough for the writer */
    BUSY_MILLISECONDS = 5000,
};

enum state { STATE_IDLE, STATE_WANTED, STATE_MOVED, STATE_END };

struct checkpointer {
    char *path;
    char *vfs;
    const struct database *writer;
    int threshold;
    bool alone;
    int next; /* pages, from which on the writer wants it */

    bool started;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Below the lock. */
    enum state state;
    int pages; /* of the log */
};

/* ---- the thread ---- */

static RESULT connect(const struct checkpointer *checkpointer, struct database *ret_database)
{
    static const struct status_meaning NONE[] = {{0}};
    const struct database_options options = {
        .path = checkpointer->path,
        .vfs = checkpointer->vfs,
        .flags = SQLITE_OPEN_READWRITE,
        .busy_milliseconds = BUSY_MILLISECONDS,
        .guarded = true,
        .meanings = NONE,
    };
    CLEANUP_DATABASE struct database database = {0};
    TRY(database_open(&options, &database, NULL));
    /* The first reading opens the log. */
    TRY(database_run(&database, "PRAGMA synchronous = FULL; SELECT 1 FROM settling WHERE number = 1", NULL));
    *ret_database = database;
    database.handle = NULL;
    return RESULT_OK;
}

static int pages_now(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->lock);
    const int pages = checkpointer->pages;
    pthread_mutex_unlock(&checkpointer->lock);
    return pages;
}

static void move_most(struct checkpointer *checkpointer, const struct database *database)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int pages;
        int moved;
        if (sqlite3_wal_checkpoint_v2(database->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved) != SQLITE_OK)
            return;
        if (moved < pages || pages_now(checkpointer) - moved <= PAGES_LEFT)
            return;
    }
}

static void *checkpoint_thread(void *context)
{
    struct checkpointer *const checkpointer = context;
    struct database database = {0};
    pthread_mutex_lock(&checkpointer->lock);
    for (;;) {
        while (checkpointer->state != STATE_WANTED && checkpointer->state != STATE_END)
            pthread_cond_wait(&checkpointer->changed, &checkpointer->lock);
        if (checkpointer->state == STATE_END)
            break;
        pthread_mutex_unlock(&checkpointer->lock);
        if (database.handle != NULL || is_ok(connect(checkpointer, &database)))
            move_most(checkpointer, &database);
        pthread_mutex_lock(&checkpointer->lock);
        if (checkpointer->state == STATE_WANTED)
            checkpointer->state = STATE_MOVED;
    }
    pthread_mutex_unlock(&checkpointer->lock);
    database_close(&database);
    return NULL;
}

/* ---- the writer ---- */

static int note_pages(void *context, sqlite3 *database, const char *name, int pages)
{
    struct checkpointer *const checkpointer = context;
    (void)database;
    (void)name;
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->pages = pages;
    pthread_mutex_unlock(&checkpointer->lock);
    return SQLITE_OK;
}

/* Moves what is left. Where a reader still needs some of the log, it goes on growing until the next time. */
static void move_rest(struct checkpointer *checkpointer)
{
    int pages = -1;
    int moved = -1;
    const int status =
        sqlite3_wal_checkpoint_v2(checkpointer->writer->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    const bool whole = status == SQLITE_OK && moved == pages;
    checkpointer->next = whole ? checkpointer->threshold : pages_now(checkpointer) + checkpointer->threshold / 2;
}

static bool start_thread(struct checkpointer *checkpointer)
{
    if (!checkpointer->started && !checkpointer->alone)
        checkpointer->started = pthread_create(&checkpointer->thread, NULL, checkpoint_thread, checkpointer) == 0;
    return checkpointer->started;
}

void checkpointer_tend(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->lock);
    const enum state state = checkpointer->state;
    const int pages = checkpointer->pages;
    if (state == STATE_MOVED)
        checkpointer->state = STATE_IDLE;
    pthread_mutex_unlock(&checkpointer->lock);
    if (state == STATE_MOVED) {
        move_rest(checkpointer);
    } else if (state == STATE_IDLE && pages >= checkpointer->next) {
        if (!start_thread(checkpointer)) {
            move_rest(checkpointer);
            return;
        }
        pthread_mutex_lock(&checkpointer->lock);
        checkpointer->state = STATE_WANTED;
        pthread_mutex_unlock(&checkpointer->lock);
        pthread_cond_signal(&checkpointer->changed);
    }
}

RESULT checkpointer_new(const struct checkpointer_options *options, struct checkpointer **ret_checkpointer)
{
    struct checkpointer *const checkpointer = calloc(1, sizeof *checkpointer);
    ENSURE(checkpointer != NULL, NO_MEMORY);
    checkpointer->path = strdup(options->path);
    checkpointer->vfs = options->vfs == NULL ? NULL : strdup(options->vfs);
    checkpointer->writer = options->writer;
    checkpointer->threshold = options->pages == 0 ? CHECKPOINT_PAGES : (int)options->pages;
    checkpointer->next = checkpointer->threshold;
    checkpointer->alone = options->alone;
    pthread_mutex_init(&checkpointer->lock, NULL);
    pthread_cond_init(&checkpointer->changed, NULL);
    if (checkpointer->path == NULL || (options->vfs != NULL && checkpointer->vfs == NULL)) {
        checkpointer_free(checkpointer);
        return FAIL(NO_MEMORY);
    }
    sqlite3_wal_hook(options->writer->handle, note_pages, checkpointer);
    *ret_checkpointer = checkpointer;
    return RESULT_OK;
}

void checkpointer_free(struct checkpointer *checkpointer)
{
    if (checkpointer == NULL)
        return;
    if (checkpointer->started) {
        pthread_mutex_lock(&checkpointer->lock);
        checkpointer->state = STATE_END;
        pthread_mutex_unlock(&checkpointer->lock);
        pthread_cond_signal(&checkpointer->changed);
        pthread_join(checkpointer->thread, NULL);
    }
    sqlite3_wal_hook(checkpointer->writer->handle, NULL, NULL);
    pthread_cond_destroy(&checkpointer->changed);
    pthread_mutex_destroy(&checkpointer->lock);
    free(checkpointer->path);
    free(checkpointer->vfs);
    free(checkpointer);
}
