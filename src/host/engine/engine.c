/*
 * The engine's queue and thread, its start and its end; see engine.h, and engine/inner.h for the rooms behind.
 *
 * One lock guards queue, errands, authority and counters. The thread is woken only when it sleeps, so that a busy
 * engine costs its submitters an uncontended lock.
 */
#include "host/engine.h"

#include "inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- for any thread ---- */

/* With the lock held; returns whether the thread has to be signalled once the lock is released. */
static bool wake(struct engine *engine)
{
    const bool sleeping = engine->sleeping;
    engine->sleeping = false;
    return sleeping;
}

RESULT engine_submit(struct engine *engine, struct job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&engine->lock);
    const bool taken = !engine->stopping && engine->queued < engine->options.queue;
    bool signal = false;
    if (taken) {
        *engine->last = job;
        engine->last = &job->next;
        engine->queued++;
        signal = wake(engine);
    } else {
        engine->counters.denied[ERR_HOST_BUSY]++;
    }
    pthread_mutex_unlock(&engine->lock);
    if (signal)
        pthread_cond_signal(&engine->arrived);
    return taken ? RESULT_OK : FAIL(HOST_BUSY);
}

void engine_set_authority(struct engine *engine, struct authority *authority)
{
    pthread_mutex_lock(&engine->lock);
    struct authority *const old = engine->authority;
    engine->authority = authority;
    engine->authority_changed = true;
    const bool signal = wake(engine);
    pthread_mutex_unlock(&engine->lock);
    if (signal)
        pthread_cond_signal(&engine->arrived);
    authority_release(old);
}

struct authority *engine_authority(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    struct authority *const authority = authority_reference(engine->authority);
    pthread_mutex_unlock(&engine->lock);
    return authority;
}

/* With the lock held. */
static void queue_errand(struct engine *engine, struct errand *errand)
{
    *engine->last_errand = errand;
    engine->last_errand = &errand->next;
    if (wake(engine))
        pthread_cond_signal(&engine->arrived);
}

RESULT engine_run(struct engine *engine, RESULT (*work)(void *context, struct store *store), void *context)
{
    struct errand errand = {.work = work, .context = context, .result = FAIL(HOST_BUSY)};
    pthread_mutex_lock(&engine->lock);
    if (!engine->stopping) {
        queue_errand(engine, &errand);
        while (!errand.finished)
            pthread_cond_wait(&engine->finished, &engine->lock);
    }
    pthread_mutex_unlock(&engine->lock);
    return errand.result;
}

void engine_counters(struct engine *engine, struct engine_counters *ret_counters)
{
    pthread_mutex_lock(&engine->lock);
    *ret_counters = engine->counters;
    ret_counters->queued = engine->queued;
    pthread_mutex_unlock(&engine->lock);
}

RESULT engine_published(struct engine *engine, const char *origin, struct published *ret_published)
{
    bool found = false;
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < engine->ledger_count && !found; i++) {
        const struct ledger *const ledger = engine->ledgers[i];
        found = strcmp(ledger->origin, origin) == 0 && ledger->published.note[0] != 0;
        if (found)
            *ret_published = ledger->published;
    }
    pthread_mutex_unlock(&engine->lock);
    return found ? RESULT_OK : FAIL(NOT_FOUND);
}

RESULT engine_open_reader(struct engine *engine, struct store **ret_reader)
{
    return store_open_reader(engine->options.store, ret_reader);
}

/* ---- the thread ---- */

/* What one round has to do. */
struct round {
    struct job *jobs;
    size_t count;
    struct errand *errands;
    bool tend;
    bool end;
};

/* With the lock held. */
static bool has_work(const struct engine *engine)
{
    return engine->first != NULL || engine->errands != NULL || engine->authority_changed || engine->stopping;
}

bool engine_wanted(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    const bool wanted = has_work(engine);
    pthread_mutex_unlock(&engine->lock);
    return wanted;
}

/* With the lock held: sleeps until there is work, or until it is time to tend. Returns whether it is the latter. */
static bool sleep_until_work(struct engine *engine)
{
    const bool limited = batch_untended(engine);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TEND_MILLISECONDS / 1000;
    while (!has_work(engine)) {
        engine->sleeping = true;
        const int outcome = limited ? pthread_cond_timedwait(&engine->arrived, &engine->lock, &until)
                                    : pthread_cond_wait(&engine->arrived, &engine->lock);
        engine->sleeping = false;
        if (outcome != 0)
            return true;
    }
    return false;
}

/* With the lock held: takes up to a batch of jobs off the queue. */
static void take_jobs(struct engine *engine, struct round *round)
{
    round->jobs = engine->first;
    while (engine->first != NULL && round->count < engine->options.batch) {
        engine->first = engine->first->next;
        round->count++;
    }
    if (engine->first == NULL)
        engine->last = &engine->first;
    engine->queued -= (unsigned)round->count;
}

static struct round next_round(struct engine *engine)
{
    struct round round = {0};
    pthread_mutex_lock(&engine->lock);
    round.tend = sleep_until_work(engine);
    round.tend = round.tend || (engine->authority_changed && engine->first == NULL);
    round.errands = engine->errands;
    engine->errands = NULL;
    engine->last_errand = &engine->errands;
    take_jobs(engine, &round);
    round.end = engine->stopping && round.count == 0 && round.errands == NULL;
    pthread_mutex_unlock(&engine->lock);
    return round;
}

static RESULT run_errand(struct engine *engine, const struct errand *errand)
{
    return store_transact(engine->options.store, errand->work, errand->context);
}

static void run_errands(struct engine *engine, struct errand *errands)
{
    while (errands != NULL) {
        struct errand *const errand = errands;
        errands = errand->next; /* it lies on the stack of the one that is about to go on */
        const struct result result = run_errand(engine, errand);
        pthread_mutex_lock(&engine->lock);
        errand->result = result;
        errand->finished = true;
        pthread_mutex_unlock(&engine->lock);
        pthread_cond_broadcast(&engine->finished);
    }
}

static void *engine_thread(void *context)
{
    struct engine *const engine = context;
    for (;;) {
        const struct round round = next_round(engine);
        run_errands(engine, round.errands);
        if (round.count > 0)
            batch_run(engine, round.jobs, round.count);
        else if (round.tend || round.end)
            batch_tend(engine);
        if (round.end)
            return NULL;
    }
}

/* ---- start and end ---- */

static void engine_free(struct engine *engine)
{
    signer_stop(engine->signer);
    catalog_free(engine->catalog);
    for (size_t i = 0; i < engine->ledger_count; i++)
        ledger_free(engine->ledgers[i]);
    free(engine->ledgers);
    free(engine->entries);
    fetched_free(&engine->fetched);
    buffer_free(&engine->log_lines);
    buffer_free(&engine->denial);
    buffer_free(&engine->body);
    buffer_free(&engine->leaf);
    authority_release(engine->authority);
    pthread_cond_destroy(&engine->finished);
    pthread_cond_destroy(&engine->arrived);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}

static void init_lock(struct engine *engine)
{
    pthread_mutex_init(&engine->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->arrived, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&engine->finished, NULL);
}

static RESULT engine_new(const struct engine_options *options, struct engine **ret_engine)
{
    assert(options->queue > 0 && options->batch > 0);
    struct engine *const engine = calloc(1, sizeof *engine);
    ENSURE(engine != NULL, NO_MEMORY);
    engine->options = *options;
    if (engine->options.batch > SIGNER_LEAVES_MAX)
        engine->options.batch = SIGNER_LEAVES_MAX;
    engine->log_lines = buffer_make(LOG_LINES_MAX);
    engine->denial = buffer_make(ANSWER_MAX);
    engine->body = buffer_make(ANSWER_MAX);
    engine->leaf = buffer_make(LEAF_MAX);
    engine->last = &engine->first;
    engine->last_errand = &engine->errands;
    engine->authority = authority_reference(options->authority);
    engine->authority_changed = true;
    engine->unsettled = true; /* a host before this one may have left something */
    engine->counters.started = options->now();
    init_lock(engine);
    engine->entries = calloc(engine->options.batch, sizeof *engine->entries);
    if (engine->entries == NULL) {
        engine_free(engine);
        return FAIL(NO_MEMORY);
    }
    *ret_engine = engine;
    return RESULT_OK;
}

static RESULT prepare(struct engine *engine)
{
    TRY(catalog_adopt(engine));
    TRY(signer_revive(engine));
    for (size_t i = 0; i < engine->catalog->count; i++)
        TRY(ledger_agree(engine, engine->catalog->vendors[i].ledger));
    engine->options.words = NULL;
    ENSURE(pthread_create(&engine->thread, NULL, engine_thread, engine) == 0, NO_MEMORY);
    return RESULT_OK;
}

RESULT engine_start(const struct engine_options *options, struct engine **ret_engine)
{
    struct engine *engine;
    TRY(engine_new(options, &engine));
    const struct result result = prepare(engine);
    if (!is_ok(result)) {
        engine_free(engine);
        return result;
    }
    *ret_engine = engine;
    return RESULT_OK;
}

void engine_stop(struct engine *engine)
{
    if (engine == NULL)
        return;
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    const bool signal = wake(engine);
    pthread_mutex_unlock(&engine->lock);
    if (signal)
        pthread_cond_signal(&engine->arrived);
    pthread_join(engine->thread, NULL);
    engine_free(engine);
}
