/* The engine's thread, its start and its end; see host/engine.h, and state.h for the rooms behind. */
#include "batch/batch.h"
#include "batch/entry.h"
#include "catalog.h"
#include "ledgers.h"
#include "queue.h"
#include "state.h"

#include "system/clock.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the thread ---- */

static RESULT run_errand(struct engine *engine, const struct errand *errand)
{
    if (errand->reclaim != NULL)
        return batch_reclaim(engine, errand->reclaim, errand->reason);
    return store_transact(engine->options.store, errand->work, errand->context, errand->reason);
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
        const struct round round = queue_next_round(engine, batch_untended(engine));
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

void engine_clear(struct engine *engine)
{
    engine->options.signer.stop(engine->signer);
    catalog_free(engine->catalog);
    for (size_t i = 0; i < engine->ledger_count; i++)
        ledger_free(engine->ledgers[i]);
    free(engine->ledgers);
    free(engine->entries);
    fetched_free(&engine->fetched);
    rates_free(&engine->rates);
    rates_free(&engine->told);
    rates_free(&engine->traces);
    buffer_free(&engine->log_lines);
    buffer_free(&engine->denial);
    buffer_free(&engine->body);
    buffer_free(&engine->leaf);
    free(engine->endings);
    authority_release(engine->authority);
    pthread_cond_destroy(&engine->finished);
    pthread_cond_destroy(&engine->arrived);
    pthread_mutex_destroy(&engine->lock);
}

static RESULT init_rates(struct engine *engine)
{
    uint8_t key[RATES_KEY_SIZE];
    entropy_fill(key, sizeof key);
    TRY(rates_make(key, &engine->rates));
    TRY(rates_make(key, &engine->told));
    return rates_make(key, &engine->traces);
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

RESULT engine_init(struct engine *engine, const struct engine_options *options)
{
    assert(options->queue > 0 && options->batch > 0);
    *engine = (struct engine){.options = *options};
    if (engine->options.batch > SIGNER_LEAVES_MAX)
        engine->options.batch = SIGNER_LEAVES_MAX;
    engine->log_lines = buffer_make(LOG_LINES_MAX);
    engine->denial = buffer_make(ANSWER_MAX);
    engine->body = buffer_make(ANSWER_MAX);
    engine->leaf = buffer_make(LEAF_MAX);
    engine->last = &engine->first;
    engine->last_of_crowd = &engine->crowd;
    engine->last_errand = &engine->errands;
    engine->authority = authority_reference(options->authority);
    engine->authority_changed = true;
    engine->rates_wanted = options->rates;
    engine->store_untended = true; /* a host before this one may have left something */
    engine->metrics.started = (uint64_t)options->now();
    init_lock(engine);
    engine->entries = calloc(engine->options.batch, sizeof *engine->entries);
    ENSURE(engine->entries != NULL, NO_MEMORY);
    return init_rates(engine);
}

/* A ledger that the signer has left out does not keep the others from being served. */
static RESULT agree_first(struct engine *engine)
{
    struct result left_out = RESULT_OK;
    size_t ready = 0;
    for (size_t i = 0; i < engine->catalog->count; i++) {
        const struct result agreed = ledger_agree(engine, engine->catalog->vendors[i].ledger);
        const enum error_code code = result_code(agreed);
        if (code != OK && code != ERR_SIGNER_KEY && code != ERR_SIGNER_STATE)
            return agreed;
        ready += code == OK;
        left_out = code == OK ? left_out : agreed;
    }
    return ready > 0 ? RESULT_OK : left_out;
}

static RESULT prepare(struct engine *engine)
{
    TRY(catalog_adopt(engine));
    TRY(signer_revive(engine));
    TRY(agree_first(engine));
    ledgers_read_clock(engine);
    ENSURE(pthread_create(&engine->thread, NULL, engine_thread, engine) == 0, NO_MEMORY);
    return RESULT_OK;
}

RESULT engine_start(const struct engine_options *options, struct engine **ret_engine, struct reason *reason)
{
    struct engine *const engine = malloc(sizeof *engine);
    ENSURE(engine != NULL, NO_MEMORY);
    struct result result = engine_init(engine, options);
    if (is_ok(result))
        result = prepare(engine);
    if (!is_ok(result)) {
        result_ignore(reason_say(reason, result, "%s", engine->reason.text));
        engine_clear(engine);
        free(engine);
        return result;
    }
    *ret_engine = engine;
    return RESULT_OK;
}

void engine_stop(struct engine *engine)
{
    if (engine == NULL)
        return;
    queue_stop(engine);
    pthread_join(engine->thread, NULL);
    engine_clear(engine);
    free(engine);
}
