/* What a request may leave behind; see traces.h. */
#include "rates/traces.h"

#include "rates/strangers.h"
#include "state.h"

static const struct new_rate EACH = {.at_once = TRACES_AT_ONCE, .per_hour = TRACES_PER_HOUR};
static const struct new_rate BEYOND = {.at_once = TRACES_BEYOND_AT_ONCE, .per_hour = TRACES_BEYOND_PER_HOUR};

/* Of a machine that is known, or the organisation's own; of an answer that is no denial the kind is OK. */
static void trace_machine(struct engine *engine, struct entry *entry, enum error_code kind)
{
    entry->traced = rates_take_kind(&engine->traces, &EACH, &BEYOND, &entry->machine, (uint16_t)(kind + 1),
                                    engine->options.milliseconds());
    entry->left_out = !entry->traced;
}

static void trace_address(struct engine *engine, struct entry *entry)
{
    int64_t wait;
    entry->traced = rates_take(&engine->told, &engine->rate_limits, &entry->job->from, engine->options.milliseconds(),
                               &wait) == RATES_FINE;
    entry->untold = !entry->traced;
    entry->quiet |= entry->untold;
}

void trace_denial(struct engine *engine, struct entry *entry, enum error_code code)
{
    if (is_stranger(engine, entry))
        trace_address(engine, entry);
    else
        trace_machine(engine, entry, code);
}

/* Which machines are known may be what it could not find out. */
bool trace_trouble(struct engine *engine, struct entry *entry)
{
    trace_address(engine, entry);
    return entry->traced;
}

void trace_answer(struct engine *engine, struct entry *entry)
{
    if (entry->quiet || entry->traced || entry->left_out)
        return;
    if (entry->outcome == OUTCOME_DENIED)
        trace_address(engine, entry);
    else if (entry->repeated)
        trace_machine(engine, entry, OK);
}

void trace_forget(struct engine *engine, struct entry *entry)
{
    if (entry->traced)
        rates_give_back_kind(&engine->traces, &entry->machine);
    entry->traced = false;
    entry->left_out = false;
}
