/* What waits for the engine's thread, which here is the test: how much is taken, in which order, and when it is time to
 * tend instead. */
#include "queue.h"
#include "state.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { QUEUE = 5, BATCH = 2, JOBS = QUEUE + 1 };

static struct engine engine;
static struct job jobs[JOBS];

static int64_t now(void)
{
    return 1000;
}

static int set_up(void **state)
{
    (void)state;
    pthread_condattr_t monotonic;
    memset(&engine, 0, sizeof engine);
    memset(jobs, 0, sizeof jobs);
    engine.options.queue = QUEUE;
    engine.options.batch = BATCH;
    engine.last = &engine.first;
    engine.last_of_crowd = &engine.crowd;
    engine.last_errand = &engine.errands;
    engine.options.milliseconds = now;
    pthread_mutex_init(&engine.lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&engine.arrived, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return pthread_cond_init(&engine.finished, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    pthread_cond_destroy(&engine.finished);
    pthread_cond_destroy(&engine.arrived);
    return pthread_mutex_destroy(&engine.lock);
}

static void submit(size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        assert_true(is_ok(engine_submit(&engine, &jobs[i])));
}

static uint64_t queued(void)
{
    struct metrics metrics;
    engine_metrics(&engine, &metrics);
    return metrics.queued;
}

/* The next round has these jobs and nothing else to do. */
static void takes(size_t first, size_t count)
{
    const struct round round = queue_next_round(&engine, true);
    const struct job *job = round.jobs;
    assert_int_equal(round.count, count);
    for (size_t i = first; i < first + count; i++, job = job->next)
        assert_ptr_equal(job, &jobs[i]);
    assert_null(round.errands);
    assert_false(round.tend);
    assert_false(round.end);
}

static void jobs_are_taken_in_batches_and_in_their_order(void **state)
{
    (void)state;
    assert_false(engine_wanted(&engine));
    submit(0, 5);
    assert_true(engine_wanted(&engine));
    assert_int_equal(queued(), 5);
    takes(0, 2);
    assert_int_equal(queued(), 3);
    takes(2, 2);
    submit(5, 1);
    takes(4, 2);
    assert_int_equal(queued(), 0);
    assert_false(engine_wanted(&engine));
    submit(0, 1); /* after it was empty */
    takes(0, 1);
    submit(1, 2);
    takes(1, 2);
}

static uint64_t busy(void)
{
    struct metrics metrics;
    engine_metrics(&engine, &metrics);
    return metrics_denials(&metrics, ERR_HOST_BUSY);
}

/* ---- gathering ---- */

enum { MANY = 400, WAITS = 6 };

static struct job many[MANY];

/* What comes while the engine lets jobs come, one number for each time; the time itself is not waited for. */
static struct arrivals {
    bool planned;
    size_t waits;
    size_t next; /* of `many` */
    size_t jobs[WAITS];
    size_t errand_in; /* number of the wait in which an errand comes as well; 0: none */
    struct errand errand;
} arrivals;

static void arrive(size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(is_ok(engine_submit(&engine, &many[arrivals.next++])));
}

int __real_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);

int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
    if (!arrivals.planned)
        return __real_pthread_cond_timedwait(condition, mutex, until);
    assert_in_range(arrivals.waits, 0, WAITS - 1);
    pthread_mutex_unlock(mutex);
    arrive(arrivals.jobs[arrivals.waits++]);
    pthread_mutex_lock(mutex);
    if (arrivals.waits == arrivals.errand_in)
        engine.errands = &arrivals.errand;
    return ETIMEDOUT;
}

static void under_load_a_batch_waits_for_more_as_long_as_they_come(void **state)
{
    (void)state;
    static const struct {
        unsigned last; /* jobs of the round before */
        size_t there;
        size_t come[WAITS];
        size_t waits;
        size_t taken;
        size_t errand_in;
    } rounds[] = {
        {7, 1, {9}, 0, 1, 0},
        {8, 1, {5}, 1, 6, 0},
        {8, 128, {9}, 0, 128, 0},
        {8, 127, {0}, 2, 127, 0}, /* the others come while the round before is done */
        {300, 40, {39, 9}, 1, 79, 0},
        {300, 40, {40, 15, 9}, 2, 95, 0},
        {300, 40, {40, 16, 16, 15, 9}, 4, 127, 0},
        {300, 100, {60, 60, 60, 9}, 3, 280, 0},
        {300, 100, {60, 60, 36, 9}, 3, 256, 0},
        {300, 100, {60, 60, 35, 0}, 4, 255, 0},
        {300, 80, {0, 16, 16, 16, 16, 9}, 5, 144, 0}, /* for 10 ms at most */
        {300, 80, {20, 20, 20, 20}, 2, 120, 2},
        {300, 80, {20, 20, 20, 20}, 1, 100, 1},
    };
    engine.options.queue = MANY;
    engine.options.batch = MANY;
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        arrivals = (struct arrivals){.planned = true, .errand_in = rounds[i].errand_in};
        memcpy(arrivals.jobs, rounds[i].come, sizeof arrivals.jobs);
        engine.last_count = rounds[i].last;
        arrive(rounds[i].there);
        const struct round round = queue_next_round(&engine, false);
        assert_int_equal(round.count, rounds[i].taken);
        assert_int_equal(arrivals.waits, rounds[i].waits);
        assert_int_equal(round.errands != NULL, rounds[i].errand_in != 0);
    }
    arrivals.planned = false;
}

static void what_else_is_to_be_done_does_not_wait_for_jobs(void **state)
{
    (void)state;
    bool *const each[] = {&engine.authority_changed, &engine.stopping};
    engine.options.queue = MANY;
    engine.options.batch = MANY;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        arrivals = (struct arrivals){.planned = true};
        arrive(100);
        engine.last_count = 300;
        *each[i] = true;
        assert_int_equal(queue_next_round(&engine, false).count, 100);
        assert_int_equal(arrivals.waits, 0);
        *each[i] = false;
    }
    arrivals.planned = false;
}

/* ---- crowds ---- */

/* So many of the jobs come from an address from which many new machines come just now. */
static void make_crowd(size_t count)
{
    for (size_t i = 0; i < count; i++)
        jobs[i].from.bytes[0] = 0x20;
    for (unsigned i = 0; i < CROWD_FROM; i++)
        crowds_count(&engine.crowds, &jobs[0].from, now());
}

/* What crowds ask is due, or late, so long from now. */
static void let_crowd_be(time_t due, time_t late)
{
    engine.crowd_began = (struct timespec){0};
    clock_gettime(CLOCK_MONOTONIC, &engine.crowd_due);
    engine.crowd_late = engine.crowd_due;
    engine.crowd_due.tv_sec += due;
    engine.crowd_late.tv_sec += late;
}

/* Who comes from elsewhere goes first, and the crowd after that, in its order. */
static void a_crowd_waits_a_little_and_nobody_for_it(void **state)
{
    (void)state;
    make_crowd(2);
    submit(0, 3);
    assert_int_equal(queued(), 3);
    let_crowd_be(1000, 1000);
    takes(2, 1);
    assert_false(engine_wanted(&engine));
    let_crowd_be(0, 1000);
    takes(0, 2);
    assert_int_equal(queued(), 0);
    jobs[1].own = true; /* one of the organisation's own does not wait */
    submit(0, 2);
    let_crowd_be(1000, 1000);
    takes(1, 1);
    let_crowd_be(0, 1000);
    takes(0, 1);
}

/* Half of the queue is others'. */
static void a_crowd_does_not_fill_the_queue(void **state)
{
    (void)state;
    make_crowd(3);
    submit(0, 2);
    assert_int_equal(result_code(engine_submit(&engine, &jobs[2])), ERR_HOST_BUSY);
    assert_int_equal(busy(), 1);
    submit(3, 3);
    takes(3, 2);
    takes(5, 1);
    takes(0, 2);
}

/* For three times as long as it took what the crowd asked. */
static void after_a_crowd_others_have_the_engine_for_a_while(void **state)
{
    (void)state;
    struct timespec before;
    struct timespec after;
    make_crowd(1);
    submit(0, 1);
    takes(0, 1); /* there is nothing to wait for */
    engine.crowd_began.tv_sec -= 1000;
    submit(0, 1);
    clock_gettime(CLOCK_MONOTONIC, &before);
    takes(0, 1);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 19000000);
}

/* It goes last, but not never. */
static void where_others_ask_all_the_time_a_crowd_has_its_turn_too(void **state)
{
    (void)state;
    make_crowd(1);
    submit(0, 1);
    for (int late = 0; late < 2; late++) {
        submit(1, 1);
        let_crowd_be(-1, late ? -1 : 1000);
        const struct round round = queue_next_round(&engine, true);
        assert_int_equal(round.count, 1 + late);
        assert_ptr_equal(round.jobs, &jobs[1]);
    }
}

static void what_a_crowd_asked_is_answered_before_the_end(void **state)
{
    (void)state;
    make_crowd(2);
    submit(0, 3);
    queue_stop(&engine);
    const struct round round = queue_next_round(&engine, true);
    assert_ptr_equal(round.jobs, &jobs[2]);
    assert_ptr_equal(round.jobs->next, &jobs[0]);
    assert_int_equal(round.count, 2);
    takes(1, 1);
    assert_true(queue_next_round(&engine, false).end);
}

static void a_full_queue_takes_no_more_until_there_is_room(void **state)
{
    (void)state;
    submit(0, QUEUE);
    assert_int_equal(busy(), 0);
    assert_int_equal(result_code(engine_submit(&engine, &jobs[QUEUE])), ERR_HOST_BUSY);
    assert_int_equal(busy(), 1);
    assert_int_equal(queued(), QUEUE);
    takes(0, 2);
    submit(QUEUE, 1);
    takes(2, 2);
    takes(4, 2);
}

static void where_nothing_is_logged_no_line_of_the_log_is_lost(void **state)
{
    (void)state;
    struct metrics metrics;
    engine_metrics(&engine, &metrics);
    assert_int_equal(metrics.log_dropped, 0);
}

static void what_each_request_shows_of_a_site_key_is_counted_apart(void **state)
{
    (void)state;
    static const size_t times[] = {[SITE_CURRENT] = 4, [SITE_FORMER] = 1, [SITE_MISSING] = 2, [SITE_WRONG] = 3};
    for (size_t showing = 0; showing < sizeof times / sizeof *times; showing++)
        for (size_t i = 0; i < times[showing]; i++)
            engine_count_site(&engine, (enum site_showing)showing);
    struct metrics metrics;
    engine_metrics(&engine, &metrics);
    assert_int_equal(metrics.site_former, times[SITE_FORMER]);
    assert_int_equal(metrics.site_missing, times[SITE_MISSING]);
    assert_int_equal(metrics.site_wrong, times[SITE_WRONG]);
}

/* What was queued is answered before the end; nothing comes to it. */
static void the_end_comes_once_all_is_done(void **state)
{
    (void)state;
    submit(0, 3);
    queue_stop(&engine);
    assert_true(engine_wanted(&engine));
    assert_int_equal(result_code(engine_submit(&engine, &jobs[3])), ERR_HOST_BUSY);
    assert_int_equal(busy(), 1);
    takes(0, 2);
    takes(2, 1);
    const struct round last = queue_next_round(&engine, false);
    assert_true(last.end);
    assert_int_equal(last.count, 0);
    assert_null(last.jobs);
}

/* What comes with jobs is taken up with their batch. */
static void a_new_authority_without_jobs_is_reason_to_tend(void **state)
{
    (void)state;
    engine.authority_changed = true;
    assert_true(engine_wanted(&engine));
    const struct round alone = queue_next_round(&engine, false);
    assert_true(alone.tend);
    assert_int_equal(alone.count, 0);
    assert_false(alone.end);
    submit(0, 1);
    takes(0, 1);
}

/* ---- with a second thread ---- */

struct waiter {
    bool untended;
    struct round round;
};

static void *wait_for_round(void *context)
{
    struct waiter *const waiter = context;
    waiter->round = queue_next_round(&engine, waiter->untended);
    return NULL;
}

static void start_waiting(struct waiter *waiter, pthread_t *ret_thread)
{
    bool sleeping = false;
    assert_int_equal(pthread_create(ret_thread, NULL, wait_for_round, waiter), 0);
    while (!sleeping) {
        sched_yield();
        pthread_mutex_lock(&engine.lock);
        sleeping = engine.sleeping;
        pthread_mutex_unlock(&engine.lock);
    }
}

static void a_job_wakes_whoever_sleeps(void **state)
{
    (void)state;
    for (int untended = 0; untended < 2; untended++) {
        pthread_t thread;
        struct waiter waiter = {.untended = untended != 0};
        start_waiting(&waiter, &thread);
        submit(0, 1);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(waiter.round.count, 1);
        assert_false(waiter.round.tend);
        assert_false(engine.sleeping);
    }
}

static void the_end_wakes_whoever_sleeps(void **state)
{
    (void)state;
    pthread_t thread;
    struct waiter waiter = {.untended = false};
    start_waiting(&waiter, &thread);
    queue_stop(&engine);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(waiter.round.end);
    assert_false(waiter.round.tend);
}

static void a_new_authority_wakes_whoever_sleeps(void **state)
{
    (void)state;
    pthread_t thread;
    struct waiter waiter = {.untended = false};
    start_waiting(&waiter, &thread);
    engine_set_authority(&engine, NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(waiter.round.tend);
    assert_false(engine.sleeping);
}

/* The one test that waits: a second. */
static void what_is_untended_is_tended_after_a_second_without_work(void **state)
{
    (void)state;
    struct timespec before;
    struct timespec after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    const struct round round = queue_next_round(&engine, true);
    clock_gettime(CLOCK_MONOTONIC, &after);
    const int64_t passed = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    assert_true(round.tend);
    assert_int_equal(round.count, 0);
    assert_false(round.end);
    assert_in_range(passed, 900, 1900);
}

struct asker {
    struct result result;
    struct reason reason;
};

static RESULT refuse(void *context, struct store *store, struct reason *reason)
{
    (void)store;
    assert_ptr_equal(context, jobs);
    return reason_say(reason, FAIL(NOT_FOUND), "none");
}

static void *run(void *context)
{
    struct asker *const asker = context;
    asker->result = engine_run(&engine, refuse, jobs, &asker->reason);
    return NULL;
}

/* As the engine's thread does. */
static void finish(struct errand *errand)
{
    const struct result result = errand->work(errand->context, NULL, errand->reason);
    pthread_mutex_lock(&engine.lock);
    errand->result = result;
    errand->finished = true;
    pthread_mutex_unlock(&engine.lock);
    pthread_cond_broadcast(&engine.finished);
}

static void an_errand_is_waited_for_until_it_is_done(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pthread_t thread;
        struct asker asker = {.reason = {.text = ""}};
        submit(0, 1);
        assert_int_equal(pthread_create(&thread, NULL, run, &asker), 0);
        struct round round = queue_next_round(&engine, false);
        const size_t taken = round.count;
        if (round.errands == NULL) /* the job was there before it */
            round = queue_next_round(&engine, false);
        assert_int_equal(taken, 1);
        assert_non_null(round.errands);
        assert_null(round.errands->next);
        assert_false(round.tend);
        finish(round.errands);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(result_code(asker.result), ERR_NOT_FOUND);
        assert_string_equal(asker.reason.text, "none");
        assert_false(engine_wanted(&engine));
    }
}

static void an_errand_wakes_whoever_sleeps(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_t asking;
    struct waiter waiter = {.untended = false};
    struct asker asker = {.reason = {.text = ""}};
    start_waiting(&waiter, &thread);
    assert_int_equal(pthread_create(&asking, NULL, run, &asker), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_non_null(waiter.round.errands);
    assert_false(waiter.round.tend);
    finish(waiter.round.errands);
    assert_int_equal(pthread_join(asking, NULL), 0);
}

static void an_errand_comes_before_the_end_and_none_after_it(void **state)
{
    (void)state;
    struct errand errand = {.work = refuse};
    engine.errands = &errand;
    engine.last_errand = &errand.next;
    queue_stop(&engine);
    const struct round round = queue_next_round(&engine, false);
    assert_ptr_equal(round.errands, &errand);
    assert_false(round.end);
    assert_int_equal(result_code(engine_run(&engine, refuse, jobs, NULL)), ERR_HOST_BUSY);
    assert_true(queue_next_round(&engine, false).end);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(jobs_are_taken_in_batches_and_in_their_order),
        TEST(under_load_a_batch_waits_for_more_as_long_as_they_come),
        TEST(what_else_is_to_be_done_does_not_wait_for_jobs),
        TEST(a_crowd_waits_a_little_and_nobody_for_it),
        TEST(a_crowd_does_not_fill_the_queue),
        TEST(after_a_crowd_others_have_the_engine_for_a_while),
        TEST(where_others_ask_all_the_time_a_crowd_has_its_turn_too),
        TEST(what_a_crowd_asked_is_answered_before_the_end),
        TEST(a_full_queue_takes_no_more_until_there_is_room),
        TEST(where_nothing_is_logged_no_line_of_the_log_is_lost),
        TEST(what_each_request_shows_of_a_site_key_is_counted_apart),
        TEST(the_end_comes_once_all_is_done),
        TEST(a_new_authority_without_jobs_is_reason_to_tend),
        TEST(a_job_wakes_whoever_sleeps),
        TEST(the_end_wakes_whoever_sleeps),
        TEST(a_new_authority_wakes_whoever_sleeps),
        TEST(what_is_untended_is_tended_after_a_second_without_work),
        TEST(an_errand_is_waited_for_until_it_is_done),
        TEST(an_errand_wakes_whoever_sleeps),
        TEST(an_errand_comes_before_the_end_and_none_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
