/*
 * What waits for the engine's thread; see queue.h and, for what any thread may call, host/engine.h.
 *
 * One lock guards queue, errands, authority and metrics. The thread is woken only when it sleeps, so that a busy
 * engine costs its submitters an uncontended lock.
 */
#include "queue.h"

#include "state.h"

#include <time.h>

enum {
    TEND_MILLISECONDS = 1000,        /* an idle engine looks after its signer and checkpoints this often */
    GATHER_FROM = 8,                 /* jobs of a round, from which on more are waited for in the next */
    GATHER_UP_TO = 128,              /* where there are fewer than so many, */
    GATHER_EACH_MICROSECONDS = 60,   /* for so long for each of that round's, */
    GATHER_MICROSECONDS = 2000,      /* and not longer than this; */
    GATHER_ON_FROM = 80,             /* where there are so many then, they wait for verification and not for the */
    GATHER_ON_UP_TO = 256,           /* engine: up to so many, */
    GATHER_ON_STEPS = 4,             /* that time once more, so often at most, */
    GATHER_ON_EACH = 16,             /* while so many come in each */
    CROWD_AT_ONCE = 32,              /* so many of what crowds ask are done in one round, */
    CROWD_PARTS = 8,                 /* or this part of what waits, so that nothing is lost by waiting; */
    CROWD_RESTS = 3,                 /* then no more of it for so many times as long as that took, */
    CROWD_REST_MICROSECONDS = 20000, /* and not longer than this; */
    CROWD_LATE_MICROSECONDS = 100000 /* where others ask all the time, it has its turn after so long */
};

static struct timespec in_microseconds(long microseconds)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += microseconds / 1000000;
    time.tv_nsec += microseconds % 1000000 * 1000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    return time;
}

static bool is_past(const struct timespec *time)
{
    const struct timespec now = in_microseconds(0);
    return now.tv_sec > time->tv_sec || (now.tv_sec == time->tv_sec && now.tv_nsec >= time->tv_nsec);
}

/* ---- for any thread ---- */

/* With the lock held; returns whether the thread has to be signalled once the lock is released. */
static bool wake(struct engine *engine)
{
    const bool sleeping = engine->sleeping;
    engine->sleeping = false;
    return sleeping;
}

/* With the lock held. */
static bool is_of_crowd(const struct engine *engine, const struct job *job)
{
    return engine->crowds.until > 0 && !job->own &&
           crowds_have(&engine->crowds, &job->from, engine->options.milliseconds());
}

/* With the lock held: whether there is room for one more. A crowd leaves half of it to others. */
static bool has_room(const struct engine *engine, bool crowd)
{
    const unsigned size = engine->options.queue;
    return !engine->stopping && engine->queued < size && (!crowd || engine->crowd_count < size / 2);
}

/* With the lock held. Returns whether the thread has to know at once. */
static bool add_to_queue(struct engine *engine, struct job *job)
{
    *engine->last = job;
    engine->last = &job->next;
    return true;
}

/* The same of one that waits for the crowds' turn. */
static bool add_to_crowd(struct engine *engine, struct job *job)
{
    const bool first = engine->crowd == NULL;
    *engine->last_of_crowd = job;
    engine->last_of_crowd = &job->next;
    engine->crowd_count++;
    if (first)
        engine->crowd_late = in_microseconds(CROWD_LATE_MICROSECONDS);
    return first;
}

RESULT engine_submit(struct engine *engine, struct job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&engine->lock);
    const bool crowd = is_of_crowd(engine, job);
    const bool taken = has_room(engine, crowd);
    bool signal = false;
    if (taken) {
        engine->queued++;
        signal = (crowd ? add_to_crowd(engine, job) : add_to_queue(engine, job)) && wake(engine);
    } else {
        metrics_count_denial(&engine->metrics, ERR_HOST_BUSY);
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

void engine_set_rates(struct engine *engine, const struct new_rates *rates)
{
    pthread_mutex_lock(&engine->lock);
    engine->rates_wanted = *rates;
    pthread_mutex_unlock(&engine->lock);
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

/* Waits for it. */
static RESULT run_errand(struct engine *engine, struct errand *errand)
{
    errand->result = FAIL(HOST_BUSY);
    pthread_mutex_lock(&engine->lock);
    if (!engine->stopping) {
        queue_errand(engine, errand);
        while (!errand->finished)
            pthread_cond_wait(&engine->finished, &engine->lock);
    }
    pthread_mutex_unlock(&engine->lock);
    return errand->result;
}

RESULT engine_run(struct engine *engine, RESULT (*work)(void *context, struct store *store, struct reason *reason),
                  void *context, struct reason *reason)
{
    struct errand errand = {.work = work, .context = context, .reason = reason};
    return run_errand(engine, &errand);
}

RESULT engine_reclaim(struct engine *engine, struct reclaim *reclaim, struct reason *reason)
{
    struct errand errand = {.reclaim = reclaim, .reason = reason};
    return run_errand(engine, &errand);
}

seconds engine_now(const struct engine *engine)
{
    return engine->options.now();
}

void engine_count_denial(struct engine *engine, enum error_code code)
{
    pthread_mutex_lock(&engine->lock);
    metrics_count_denial(&engine->metrics, code);
    pthread_mutex_unlock(&engine->lock);
}

void engine_turn_away(struct engine *engine, const struct address *from, const char *address)
{
    pthread_mutex_lock(&engine->lock);
    metrics_count_denial(&engine->metrics, ERR_NETWORK_NOT_LISTED);
    const bool first = turned_away_add(&engine->turned_away, ERR_NETWORK_NOT_LISTED, from, address);
    engine->turned_away_news = engine->turned_away_news || first;
    const bool signal = first && wake(engine);
    pthread_mutex_unlock(&engine->lock);
    if (signal)
        pthread_cond_signal(&engine->arrived);
}

void engine_count_site(struct engine *engine, enum site_showing showing)
{
    pthread_mutex_lock(&engine->lock);
    engine->metrics.site_former += showing == SITE_FORMER ? 1 : 0;
    engine->metrics.site_missing += showing == SITE_MISSING ? 1 : 0;
    engine->metrics.site_wrong += showing == SITE_WRONG ? 1 : 0;
    pthread_mutex_unlock(&engine->lock);
}

void engine_metrics(struct engine *engine, struct metrics *ret_metrics)
{
    pthread_mutex_lock(&engine->lock);
    *ret_metrics = engine->metrics;
    ret_metrics->queued = engine->queued;
    pthread_mutex_unlock(&engine->lock);
    ret_metrics->log_dropped = engine->options.log == NULL ? 0 : log_queue_dropped(engine->options.log->queue);
}

RESULT engine_open_reader(struct engine *engine, struct store **ret_reader, struct reason *reason)
{
    return store_open_reader(engine->options.store, ret_reader, reason);
}

/* ---- the thread ---- */

/* With the lock held. */
static bool has_work(const struct engine *engine)
{
    return engine->first != NULL || engine->errands != NULL || engine->authority_changed || engine->turned_away_news ||
           engine->stopping;
}

bool engine_wanted(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    const bool wanted = has_work(engine);
    pthread_mutex_unlock(&engine->lock);
    return wanted;
}

/* With the lock held: whether what a crowd asks is to be done now. Others go first, as long as they leave it any time.
 */
static bool is_crowds_turn(const struct engine *engine)
{
    if (engine->crowd == NULL)
        return false;
    return engine->stopping || is_past(engine->first == NULL ? &engine->crowd_due : &engine->crowd_late);
}

/* With the lock held: a part of what crowds ask joins the queue. At the end nothing waits. */
static void join_crowd(struct engine *engine)
{
    if (!is_crowds_turn(engine))
        return;
    const unsigned part = engine->crowd_count / CROWD_PARTS;
    const unsigned most = engine->stopping ? engine->crowd_count : part > CROWD_AT_ONCE ? part : CROWD_AT_ONCE;
    for (unsigned i = 0; i < most && engine->crowd != NULL; i++) {
        struct job *const job = engine->crowd;
        engine->crowd = job->next;
        (void)add_to_queue(engine, job);
        engine->crowd_count--;
        engine->crowd_joined++;
    }
    *engine->last = NULL;
    if (engine->crowd == NULL)
        engine->last_of_crowd = &engine->crowd;
    engine->crowd_began = in_microseconds(0);
    engine->crowd_late = in_microseconds(CROWD_LATE_MICROSECONDS);
}

static long microseconds_since(const struct timespec *time)
{
    const struct timespec now = in_microseconds(0);
    return (long)(now.tv_sec - time->tv_sec) * 1000000 + (now.tv_nsec - time->tv_nsec) / 1000;
}

/* With the lock held, a round being over: where crowds had a part in it, others have the engine for some time. */
static void rest_from_crowd(struct engine *engine)
{
    if (engine->crowd_began.tv_sec == 0 && engine->crowd_began.tv_nsec == 0)
        return;
    const long rest = microseconds_since(&engine->crowd_began) * CROWD_RESTS;
    engine->crowd_due = in_microseconds(rest < CROWD_REST_MICROSECONDS ? rest : CROWD_REST_MICROSECONDS);
    engine->crowd_began = (struct timespec){0};
}

/* With the lock held: sleeps until that time, or where it is NULL until it is woken. Returns whether the time has come.
 */
static bool sleep_until(struct engine *engine, const struct timespec *until)
{
    engine->sleeping = true;
    const int outcome = until != NULL ? pthread_cond_timedwait(&engine->arrived, &engine->lock, until)
                                      : pthread_cond_wait(&engine->arrived, &engine->lock);
    engine->sleeping = false;
    return outcome != 0;
}

/* With the lock held: sleeps until there is work, or until it is time to tend. Returns whether it is the latter. */
static bool sleep_until_work(struct engine *engine, bool limited)
{
    const struct timespec tend = in_microseconds(TEND_MILLISECONDS * 1000L);
    for (join_crowd(engine); !has_work(engine); join_crowd(engine)) {
        if (engine->crowd != NULL)
            (void)sleep_until(engine, &engine->crowd_due);
        else if (sleep_until(engine, limited ? &tend : NULL))
            return true;
    }
    return false;
}

/* With the lock held: how many jobs wait that are no crowd's. */
static unsigned waiting_now(const struct engine *engine)
{
    return engine->queued - engine->crowd_count;
}

/* With the lock held: whether something is to be done that no jobs are gathered for. */
static bool is_pressed(const struct engine *engine)
{
    return engine->errands != NULL || engine->authority_changed || engine->stopping;
}

/* With the lock held. Nobody wakes this thread meanwhile. */
static void let_come(struct engine *engine, long microseconds)
{
    const struct timespec until = in_microseconds(microseconds);
    (void)pthread_cond_timedwait(&engine->arrived, &engine->lock, &until);
}

/* With the lock held: under load, lets more jobs come. A batch costs its commit and its signature whatever its size;
 * taken as soon as there is anything, a busy host's would be small ones, and its processors do little else. */
static void gather(struct engine *engine)
{
    if (engine->last_count < GATHER_FROM || waiting_now(engine) >= GATHER_UP_TO || is_pressed(engine))
        return;
    const long each = (long)engine->last_count * GATHER_EACH_MICROSECONDS;
    let_come(engine, each < GATHER_MICROSECONDS ? each : GATHER_MICROSECONDS);
    unsigned before = 0;
    for (unsigned step = 0; step < GATHER_ON_STEPS && !is_pressed(engine); step++) {
        const unsigned now = waiting_now(engine);
        if (now < GATHER_ON_FROM || now >= GATHER_ON_UP_TO || now < before + GATHER_ON_EACH)
            return;
        before = now;
        let_come(engine, GATHER_MICROSECONDS);
    }
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
    engine->last_count =
        (unsigned)round->count > engine->crowd_joined ? (unsigned)round->count - engine->crowd_joined : 0;
    engine->crowd_joined = 0;
}

struct round queue_next_round(struct engine *engine, bool untended)
{
    struct round round = {0};
    pthread_mutex_lock(&engine->lock);
    rest_from_crowd(engine);
    round.tend = sleep_until_work(engine, untended);
    gather(engine);
    round.tend = round.tend || ((engine->authority_changed || engine->turned_away_news) && engine->first == NULL);
    round.errands = engine->errands;
    engine->errands = NULL;
    engine->last_errand = &engine->errands;
    take_jobs(engine, &round);
    round.end = engine->stopping && round.count == 0 && round.errands == NULL;
    pthread_mutex_unlock(&engine->lock);
    return round;
}

void queue_stop(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    const bool signal = wake(engine);
    pthread_mutex_unlock(&engine->lock);
    if (signal)
        pthread_cond_signal(&engine->arrived);
}
