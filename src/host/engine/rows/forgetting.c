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

/* The time of the newest leaf of all ledgers that go on. */
static seconds newest_leaf(const struct engine *engine)
{
    seconds newest = 0;
    for (size_t i = 0; i < engine->ledger_count; i++)
        if (!engine->ledgers[i]->stands && engine->ledgers[i]->newest > newest)
            newest = engine->ledgers[i]->newest;
    return newest;
}

/* A leaf that another one followed after a day, when the clock still went on from there. */
static void learn_time(struct engine *engine)
{
    const seconds newest = newest_leaf(engine);
    if (engine->rows_leaf == 0 || newest < engine->rows_leaf) {
        engine->rows_leaf = newest;
        engine->rows_known = 0;
    } else if (newest >= engine->rows_leaf + DAY) {
        engine->rows_known = engine->rows_leaf;
        engine->rows_leaf = newest;
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
