/* The states of the machine; see state.h. */
#include "core/rules/state.h"

#include "core/rules/clock.h"

/* A first run that lies in the future was written under another clock; grace counted from it would have no end. */
static struct evaluation without_lease(const struct standing *standing)
{
    const seconds end = standing->first_run + standing->grace;
    if (standing->first_run == 0 || standing->grace == 0 || clock_is_behind(standing->now, standing->first_run))
        return (struct evaluation){.state = STATE_UNLICENSED};
    if (standing->now < end)
        return (struct evaluation){.state = STATE_GRACE, .until = end};
    return (struct evaluation){.state = STATE_NOTIFICATION};
}

struct evaluation evaluate(const struct standing *standing)
{
    if (standing->lease == LEASE_DOUBTED)
        return (struct evaluation){.state = STATE_UNLICENSED};
    if (standing->lease == LEASE_NONE)
        return without_lease(standing);
    if (standing->now < standing->expires)
        return (struct evaluation){.state = STATE_LICENSED, .until = standing->expires};
    const seconds end = standing->expires + EXPIRED_GRACE;
    if (standing->now < end)
        return (struct evaluation){.state = STATE_EXPIRED_GRACE, .until = end};
    return (struct evaluation){.state = STATE_NOTIFICATION};
}
