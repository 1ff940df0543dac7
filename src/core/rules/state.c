/* The states of the machine; see state.h. */
#include "core/rules/state.h"

#include "core/rules/clock.h"

/* A first run that lies in the future was written under another clock; grace counted from it would have no end. */
static struct evaluation without_lease(const struct evidence *evidence)
{
    const seconds end = evidence->first_run + evidence->grace;
    if (evidence->first_run == 0 || evidence->grace == 0 || clock_is_behind(evidence->now, evidence->first_run))
        return (struct evaluation){.state = STATE_UNLICENSED};
    if (evidence->now < end)
        return (struct evaluation){.state = STATE_GRACE, .until = end};
    return (struct evaluation){.state = STATE_NOTIFICATION};
}

struct evaluation evaluate(const struct evidence *evidence)
{
    if (evidence->lease == LEASE_DOUBTED)
        return (struct evaluation){.state = STATE_UNLICENSED};
    if (evidence->lease == LEASE_NONE)
        return without_lease(evidence);
    if (evidence->now < evidence->expires)
        return (struct evaluation){.state = STATE_LICENSED, .until = evidence->expires};
    const seconds end = evidence->expires + EXPIRED_GRACE;
    if (evidence->now < end)
        return (struct evaluation){.state = STATE_EXPIRED_GRACE, .until = end};
    return (struct evaluation){.state = STATE_NOTIFICATION};
}
