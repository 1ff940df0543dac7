/*
 * Jobs -> one transaction -> signatures -> answers; see state.h.
 *
 * Always: no answer but host-storage and host-signer leaves before the commit; a batch whose commit failed leaves
 * store, ledgers and frontiers as they were.
 */
#include "batch/batch.h"
#include "about/abouts.h"
#include "batch/answers.h"
#include "batch/decisions.h"
#include "batch/denials.h"
#include "catalog.h"
#include "ledgers.h"
#include "licenses/endings.h"
#include "queue.h"
#include "rates/strangers.h"
#include "rates/traces.h"
#include "reclaim/reclaims.h"
#include "rows/forgetting.h"
#include "state.h"

#include "core/rules/clock.h"

#include <string.h>

enum { TEND_STEP = 2000 }; /* machines that an idle engine brings to their place before it looks for work again */

/* Says in log and metrics how things stand. */
static void trouble_set(struct engine *engine, enum error_code trouble)
{
    if (trouble == engine->trouble_logged)
        return;
    const struct log *const log = engine->options.log;
    if (trouble == OK)
        LOG_EVENT(log, LOG_INFO, "trouble-ended", TEXT_FIELD("was", error_info(engine->trouble_logged)->name));
    else
        LOG_EVENT(
            log, LOG_ERROR, "trouble-began", TEXT_FIELD("reason", error_info(trouble)->name),
            TEXT_FIELD("message", *engine->reason.text != 0 ? engine->reason.text : error_info(trouble)->sentence));
    engine->trouble_logged = trouble;
    pthread_mutex_lock(&engine->lock);
    engine->metrics.trouble = trouble;
    pthread_mutex_unlock(&engine->lock);
}

/* Brings all ledgers of the catalog into agreement with the signer; those that are not stay not ready. That it has no
 * key for one is that vendor's trouble; for all of them, the host's. */
static RESULT agree_all(struct engine *engine)
{
    struct result first = RESULT_OK;
    struct result keyless = RESULT_OK;
    size_t ready = 0;
    for (size_t i = 0; i < engine->catalog->count; i++) {
        const struct result result = ledger_agree(engine, engine->catalog->vendors[i].ledger);
        ready += is_ok(result);
        if (result_code(result) == ERR_SIGNER_KEY)
            keyless = result;
        else if (is_ok(first))
            first = result;
    }
    return is_ok(first) && ready == 0 ? keyless : first;
}

/* One that waits for its next start says no more than that; what it failed of stays known. */
static enum error_code trouble_of_signer(struct result agreed)
{
    const enum error_code code = result_code(agreed);
    return code == OK || code == ERR_SIGNER_STATE || code == ERR_SIGNER_KEY ? code : ERR_HOST_SIGNER;
}

static void entry_begin(struct entry *entry, struct job *job)
{
    entry->job = job;
    entry->outcome = OUTCOME_DENIED;
    entry->repeated = false;
    entry->heard = false;
    entry->stranger = false;
    entry->untold = false;
    entry->traced = false;
    entry->left_out = false;
    entry->quiet = false;
    entry->denial = OK;
    entry->vendor = NULL;
    entry->license = NULL;
    entry->leaf = 0;
    entry->machine = job->kind == JOB_ACTIVATE ? job->request.machine : job->release.machine;
    memcpy(entry->address, job->address, sizeof entry->address);
    job->body = NULL;
    job->body_size = 0;
    job->http_status = 0;
}

/* What is decided in one transaction, for store_transact(): the jobs of a batch, or a reclaim. */
struct deciding {
    struct engine *engine;
    size_t count;
    struct reclaim *reclaim; /* NULL: none */
};

static RESULT decide_jobs(const struct deciding *deciding, struct store *store, struct reason *reason)
{
    struct engine *const engine = deciding->engine;
    fetched_clear(&engine->fetched);
    for (size_t i = 0; i < deciding->count; i++)
        TRY(decide_prepare(engine, engine->entries[i].job));
    TRY(fetched_load(&engine->fetched, store, reason));
    for (size_t i = 0; i < deciding->count; i++)
        TRY(decide_job(engine, &engine->entries[i]));
    return RESULT_OK;
}

static RESULT decide_all(void *context, struct store *store, struct reason *reason)
{
    const struct deciding *const deciding = context;
    struct engine *const engine = deciding->engine;
    TRY(checkpoints_store(engine, reason));
    TRY(deciding->reclaim != NULL ? reclaim_decide(engine, deciding->reclaim, reason)
                                  : decide_jobs(deciding, store, reason));
    for (size_t i = 0; i < engine->ledger_count; i++)
        TRY(ledger_store(engine->ledgers[i], store, reason));
    return RESULT_OK;
}

static RESULT transact(struct deciding *deciding)
{
    struct engine *const engine = deciding->engine;
    TRY(store_transact(engine->options.store, decide_all, deciding, &engine->reason));
    checkpoints_stored(engine);
    engine->store_untended = true;
    for (size_t i = 0; i < engine->ledger_count; i++)
        ledger_stored(engine, engine->ledgers[i]);
    return RESULT_OK;
}

static void deny_entry(struct entry *entry, enum error_code code)
{
    entry->outcome = OUTCOME_DENIED;
    entry->denial = code;
    answer_denial(entry->job, code, RETRY_TROUBLE);
}

/* Of a batch that the store did not take. */
static void refuse_entry(struct engine *engine, struct entry *entry)
{
    denied_forget(engine, &entry->job->note_hash);
    stranger_forget(engine, entry);
    trace_forget(engine, entry);
    deny_entry(entry, ERR_HOST_STORAGE);
}

/* Has the new trees signed; returns how many. One that was not is not ready afterwards. */
static uint64_t sign_all(struct engine *engine)
{
    uint64_t signatures = 0;
    for (size_t i = 0; i < engine->ledger_count; i++)
        if (engine->ledgers[i]->count > 0 && is_ok(ledger_sign(engine, engine->ledgers[i])))
            signatures++;
    return signatures;
}

static RESULT put_checkpoints(void *context, struct store *store, struct reason *reason)
{
    (void)store; /* the engine's own */
    return checkpoints_store(context, reason);
}

RESULT engine_save(struct engine *engine, struct reason *reason)
{
    return engine_run(engine, put_checkpoints, engine, reason);
}

static RESULT save_checkpoints(struct engine *engine)
{
    TRY(store_transact(engine->options.store, put_checkpoints, engine, &engine->reason));
    checkpoints_stored(engine);
    return RESULT_OK;
}

/* The first checkpoint of a ledger is put into the store before any answer: from then on whoever checks the ledger
 * expects one. Where that fails it is put there later, like any other. */
static void save_first_checkpoints(struct engine *engine)
{
    bool first = false;
    for (size_t i = 0; i < engine->ledger_count; i++) {
        const struct ledger *const ledger = engine->ledgers[i];
        first = first || (ledger->ready && ledger->count > 0 && ledger->frontier.size == ledger->count);
    }
    if (first)
        result_ignore(save_checkpoints(engine));
}

static void answer_entry(struct engine *engine, struct entry *entry)
{
    if (entry->outcome == OUTCOME_DENIED)
        return;
    if (!entry->vendor->ledger->ready) {
        deny_entry(entry, ERR_HOST_SIGNER);
        return;
    }
    const struct result answered = answer_leaf(engine, entry);
    if (is_ok(answered))
        return;
    if (trace_trouble(engine, entry))
        log_unread(engine, entry->leaf, answered);
    deny_entry(entry, ERR_HOST_STORAGE);
}

static void tally(struct metrics *metrics, const struct entry *entry)
{
    switch (entry->outcome) {
    case OUTCOME_DENIED:
        metrics_count_denial(metrics, entry->denial);
        break;
    case OUTCOME_LEASE:
        (*(entry->repeated ? &metrics->repeated : &metrics->granted))++;
        break;
    case OUTCOME_RELEASED:
        (*(entry->repeated ? &metrics->repeated : &metrics->released))++;
        break;
    }
}

static void log_entry(struct engine *engine, const struct entry *entry)
{
    const struct log *const log = engine->options.log;
    struct buffer *const lines = &engine->log_lines;
    char machine[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&entry->machine, machine);
    const char *const license = entry->license == NULL ? "" : entry->license->license.id;
    if (entry->outcome == OUTCOME_DENIED)
        log_add(log, lines, LOG_INFO, "denied",
                LOG_FIELDS(TEXT_FIELD("machine", machine), TEXT_FIELD("address", entry->address),
                           TEXT_FIELD("license", license), TEXT_FIELD("code", error_info(entry->denial)->name)));
    else
        log_add(log, lines, LOG_INFO,
                entry->repeated                      ? "repeated"
                : entry->outcome == OUTCOME_RELEASED ? "released"
                                                     : "granted",
                LOG_FIELDS(TEXT_FIELD("machine", machine), TEXT_FIELD("address", entry->address),
                           TEXT_FIELD("license", license), NUMBER_FIELD("leaf", entry->leaf)));
}

/* Counts, hands the answers back, and writes the log when nobody waits for it any more. */
static void finish(struct engine *engine, size_t count, uint64_t signatures)
{
    struct metrics *const metrics = &engine->metrics;
    for (size_t i = 0; i < count; i++)
        trace_answer(engine, &engine->entries[i]);
    pthread_mutex_lock(&engine->lock);
    for (size_t i = 0; i < count; i++) {
        const struct entry *const entry = &engine->entries[i];
        tally(metrics, entry);
        if (entry->outcome == OUTCOME_DENIED && (entry->denial == ERR_TOO_MANY_NEW || entry->untold))
            turned_away_add(&engine->turned_away, entry->denial, &entry->job->from, entry->address);
        if (entry->left_out)
            turned_away_leave_out(&engine->turned_away, &entry->machine);
    }
    metrics->batches++;
    metrics->signatures += signatures;
    if (count > metrics->largest_batch)
        metrics->largest_batch = count;
    pthread_mutex_unlock(&engine->lock);

    for (size_t i = 0; i < count; i++) {
        struct job *const job = engine->entries[i].job;
        job->done(job);
    }
    if (!log_wants(engine->options.log, LOG_INFO))
        return;
    for (size_t i = 0; i < count; i++)
        if (!engine->entries[i].quiet && !engine->entries[i].left_out)
            log_entry(engine, &engine->entries[i]);
    log_flush(engine->options.log, &engine->log_lines);
}

/* ---- clocks ---- */

static void hear_clocks(struct engine *engine, size_t count)
{
    const int64_t milliseconds = engine->options.milliseconds();
    for (size_t i = 0; i < count; i++) {
        const struct job *const job = engine->entries[i].job;
        if (job->offline)
            continue; /* it says when a file was made */
        const seconds time = job->kind == JOB_ACTIVATE ? job->request.time : job->release.time;
        clocks_hear(&engine->clocks, &engine->entries[i].machine, time, milliseconds);
    }
}

/* Says in metrics and log whether the host's clock is the one that is wrong. */
static void compare_clocks(struct engine *engine)
{
    uint64_t heard;
    uint64_t apart;
    clocks_count(&engine->clocks, engine->now, engine->options.milliseconds(), &heard, &apart);
    pthread_mutex_lock(&engine->lock);
    engine->metrics.clocks_heard = heard;
    engine->metrics.clocks_apart = apart;
    pthread_mutex_unlock(&engine->lock);
    const bool disagrees = clock_is_outvoted(heard, apart);
    if (disagrees == engine->clock_disagrees)
        return;
    engine->clock_disagrees = disagrees;
    char clock[TIME_TEXT_SIZE];
    time_write(clock_bounded(engine->now), clock);
    LOG_EVENT(engine->options.log, disagrees ? LOG_ERROR : LOG_INFO, disagrees ? "clock-disagrees" : "clock-agrees",
              TEXT_FIELD("clock", clock), NUMBER_FIELD("machines", heard), NUMBER_FIELD("apart", apart));
}

void batch_run(struct engine *engine, struct job *jobs, size_t count)
{
    size_t filled = 0;
    engine->reason.text[0] = '\0';
    for (struct job *job = jobs; filled < count; job = job->next)
        entry_begin(&engine->entries[filled++], job);
    result_ignore(catalog_adopt(engine)); /* where it fails the old one stays, and the transaction fails as well */
    const struct result agreed = agree_all(engine);
    ledgers_read_clock(engine);
    hear_clocks(engine, count);
    compare_clocks(engine);
    abouts_tend(engine);
    rows_tend(engine);
    endings_tend(engine);
    strangers_begin(engine);

    uint64_t signatures = 0;
    enum error_code trouble = trouble_of_signer(agreed);
    struct deciding deciding = {.engine = engine, .count = count};
    if (is_ok(transact(&deciding))) {
        signatures = sign_all(engine);
        save_first_checkpoints(engine);
        for (size_t i = 0; i < count; i++)
            answer_entry(engine, &engine->entries[i]);
        for (size_t i = 0; i < engine->catalog->count; i++)
            if (!engine->catalog->vendors[i].ledger->ready && !engine->catalog->vendors[i].ledger->key_lost &&
                trouble == OK)
                trouble = engine->catalog->vendors[i].ledger->state_lost ? ERR_SIGNER_STATE : ERR_HOST_SIGNER;
    } else {
        trouble = ERR_HOST_STORAGE;
        for (size_t i = 0; i < count; i++)
            refuse_entry(engine, &engine->entries[i]);
    }
    trouble_set(engine, trouble);
    for (size_t i = 0; i < engine->ledger_count; i++)
        ledger_clear(engine->ledgers[i]);
    finish(engine, count, signatures);
    strangers_tend(engine);
}

/* ---- the operator ---- */

static void log_reclaim(const struct engine *engine, const struct reclaim *reclaim)
{
    char machine[MACHINE_ID_TEXT_SIZE];
    char until[TIME_TEXT_SIZE];
    machine_id_write(&reclaim->machine, machine);
    time_write(reclaim->seat_until, until);
    LOG_EVENT(engine->options.log, LOG_INFO, "reclaimed", TEXT_FIELD("machine", machine),
              TEXT_FIELD("license", reclaim->license), NUMBER_FIELD("leaf", reclaim->leaf),
              TEXT_FIELD("seat_until", until));
}

static void count_reclaim(struct engine *engine, uint64_t signatures)
{
    pthread_mutex_lock(&engine->lock);
    engine->metrics.reclaimed++;
    engine->metrics.signatures += signatures;
    pthread_mutex_unlock(&engine->lock);
}

/* A leaf whose signature fails stands in the database, and is fed to the signer before the next batch. */
RESULT batch_reclaim(struct engine *engine, struct reclaim *reclaim, struct reason *reason)
{
    struct deciding deciding = {.engine = engine, .reclaim = reclaim};
    engine->reason.text[0] = '\0';
    result_ignore(catalog_adopt(engine)); /* where it fails the transaction fails as well */
    result_ignore(agree_all(engine));     /* which ledgers take nothing is seen by them */
    ledgers_read_clock(engine);
    const struct result done = transact(&deciding);
    uint64_t signatures = 0;
    if (is_ok(done)) {
        signatures = sign_all(engine);
        save_first_checkpoints(engine);
    }
    for (size_t i = 0; i < engine->ledger_count; i++)
        ledger_clear(engine->ledgers[i]);
    if (!is_ok(done))
        return reason_say(reason, done, "%s", engine->reason.text);
    if (reclaim->kind != RECLAIM_AGAIN) {
        count_reclaim(engine, signatures);
        log_reclaim(engine, reclaim);
    }
    return done;
}

static bool has_unsaved(const struct engine *engine)
{
    for (size_t i = 0; i < engine->ledger_count; i++)
        if (engine->ledgers[i]->unsaved && engine->ledgers[i]->ready)
            return true;
    return false;
}

/* Has the store do what it has left to do, as long as nobody waits. */
static RESULT tend_store(struct engine *engine)
{
    while (engine->store_untended && !engine_wanted(engine))
        TRY(store_tend(engine->options.store, TEND_STEP, &engine->store_untended, &engine->reason));
    return RESULT_OK;
}

/* So that there is something to write: whether the disk takes it again is found out by trying. */
static void mark_unsaved(struct engine *engine)
{
    for (size_t i = 0; i < engine->ledger_count; i++)
        engine->ledgers[i]->unsaved = engine->ledgers[i]->checkpoint.size > 0;
}

void batch_tend(struct engine *engine)
{
    enum error_code trouble = OK;
    engine->reason.text[0] = '\0';
    if (!is_ok(catalog_adopt(engine)))
        trouble = ERR_HOST_STORAGE;
    const struct result agreed = agree_all(engine);
    if (!is_ok(agreed))
        trouble = trouble_of_signer(agreed);
    ledgers_read_clock(engine);
    compare_clocks(engine);
    abouts_tend(engine);
    rows_tend(engine);
    endings_tend(engine);
    strangers_tend(engine);
    const bool probe = engine->trouble_logged == ERR_HOST_STORAGE;
    if (probe)
        mark_unsaved(engine);
    const bool saved = !(probe || has_unsaved(engine)) || is_ok(save_checkpoints(engine));
    if (!saved || !is_ok(tend_store(engine)))
        trouble = ERR_HOST_STORAGE;
    trouble_set(engine, trouble);
}

/* So that it is noticed when it goes on. */
static bool has_standing(const struct engine *engine)
{
    for (size_t i = 0; i < engine->ledger_count; i++)
        if (engine->ledgers[i]->stands)
            return true;
    return false;
}

bool batch_untended(struct engine *engine)
{
    return strangers_untended(engine) || engine->trouble_logged != OK || engine->adoption_failed ||
           engine->store_untended || has_unsaved(engine) || has_standing(engine) || engine->clock_disagrees;
}
