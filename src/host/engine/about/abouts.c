/* What machines tell of themselves; see abouts.h. */
#include "about/abouts.h"

#include "core/rules/clock.h"
#include "ledgers.h"
#include "state.h"

/* As long as the row of a machine is of use: 30 days after it asked or its lease ends. */
#define ABOUT_KEPT ((seconds)30 * DAY)
enum { EXPIRE_STEP = 1000 /* forgotten in one transaction */ };

/* The later of the machine's last request and the end of its last lease, under any of these licenses; 0: no row. */
static seconds last_moment(const struct candidates *candidates)
{
    seconds last = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        const struct machine_record *const record = &candidates->list[i].row.record;
        if (record->first_request == 0)
            continue;
        if (record->last_request > last)
            last = record->last_request;
        if (record->expires > last)
            last = record->expires;
    }
    return last;
}

RESULT about_keep(struct engine *engine, const struct entry *entry, const struct last_leaf *last,
                  const struct candidates *candidates)
{
    const struct job *const job = entry->job;
    const struct request *const request = &job->request;
    const seconds now = entry->vendor->ledger->now;
    const seconds moment = last_moment(candidates);
    if (job->about == NULL || moment == 0 || entry->heard || request->number <= last->number ||
        !clock_agrees(request->time, now))
        return RESULT_OK;
    const struct about_row row = {
        .number = request->number, .heard = now, .until = moment + ABOUT_KEPT, .says = job->about->says};
    return store_about_put(engine->options.store, &request->machine, request->product, &row, &engine->reason);
}

struct forgetting {
    bool all;
    seconds now;
    size_t count;
};

static RESULT forget(void *context, struct store *store, struct reason *reason)
{
    struct forgetting *const forgetting = context;
    return forgetting->all ? store_about_clear(store, reason)
                           : store_about_expire(store, forgetting->now, EXPIRE_STEP, &forgetting->count, reason);
}

static bool is_due(const struct engine *engine)
{
    return !engine->abouts_looked || engine->now < engine->abouts_at || engine->now >= engine->abouts_at + HOUR;
}

void abouts_tend(struct engine *engine)
{
    struct forgetting forgetting = {.all = !engine->options.about, .now = engine->now};
    if (!is_due(engine) || !is_ok(store_transact(engine->options.store, forget, &forgetting, NULL)))
        return;
    engine->abouts_looked = forgetting.count < EXPIRE_STEP;
    engine->abouts_at = engine->now;
}
