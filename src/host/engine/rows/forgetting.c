/* Rows that go; see forgetting.h. */
#include "rows/forgetting.h"
#include "ledgers.h"
#include "state.h"

#include "core/rules/decide.h"

/* Three million in a day, a few milliseconds a minute. */
enum { ROWS_STEP = 2000 };

struct forgetting {
    seconds before;
    struct machine_key at;
    size_t count;
};

static RESULT forget(void *context, struct store *store, struct reason *reason)
{
    struct forgetting *const forgetting = context;
    return store_machines_expire(store, forgetting->before, ROWS_STEP, &forgetting->at, &forgetting->count, reason);
}

/* What is ahead of the host's clock was written by another one. */
static void take_later(const struct engine *engine, seconds time, seconds *newest)
{
    if (time > *newest && !clock_is_behind(engine->now, time))
        *newest = time;
}

/* When a machine last agreed with the host's clock, as far as is known. */
static seconds newest_agreement(const struct engine *engine)
{
    seconds newest = 0;
    take_later(engine, engine->rows_heard, &newest);
    for (size_t i = 0; i < engine->ledger_count; i++)
        take_later(engine, engine->ledgers[i]->newest, &newest);
    return newest;
}

/* One that another followed after a day, when the clock still went on from there; and what most machines of a day show
 * is near it: one that agrees with a wrong clock may be wrong as well, or nobody's. */
static void learn_time(struct engine *engine)
{
    const seconds newest = newest_agreement(engine);
    uint64_t heard;
    uint64_t apart;
    clocks_count(&engine->clocks, engine->now, engine->options.milliseconds(), &heard, &apart);
    if (2 * apart >= heard)
        return;
    if (engine->rows_marked == 0 || newest < engine->rows_marked) {
        engine->rows_marked = newest;
        engine->rows_known = 0;
    } else if (newest >= engine->rows_marked + DAY) {
        engine->rows_known = engine->rows_marked;
        engine->rows_marked = newest;
    }
}

static bool is_due(const struct engine *engine)
{
    return engine->now < engine->rows_at || engine->now >= engine->rows_at + MINUTE;
}

void rows_tend(struct engine *engine)
{
    learn_time(engine);
    if (!is_due(engine) || engine->rows_known == 0)
        return;
    const seconds known = engine->rows_known < engine->now ? engine->rows_known : engine->now;
    struct forgetting forgetting = {.before = known - RECORD_KEPT, .at = engine->rows_next};
    engine->rows_at = engine->now;
    if (!is_ok(store_transact(engine->options.store, forget, &forgetting, NULL)))
        return;
    engine->rows_next = forgetting.at;
    engine->store_untended |= forgetting.count > 0;
    if (forgetting.count > 0)
        LOG_EVENT(engine->options.log, LOG_INFO, "machines-forgotten", NUMBER_FIELD("count", forgetting.count));
}
