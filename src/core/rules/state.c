/* The states of the machine; see state.h. */
#include "core/rules/state.h"

#include "core/rules/clock.h"

/* As whoever looks now and then sees them: a computer may be off for a year, and what lies between is seen by nobody.
 */
const struct transition state_transitions[] = {
    {STATE_UNLICENSED, STATE_GRACE, "the product runs for the first time, and gives grace"},
    {STATE_UNLICENSED, STATE_LICENSED, "a lease is believed"},
    {STATE_UNLICENSED, STATE_EXPIRED_GRACE, "a lease holds again that has ended meanwhile"},
    {STATE_UNLICENSED, STATE_NOTIFICATION, "what did not hold is gone, and all grace is used up"},
    {STATE_GRACE, STATE_UNLICENSED, "a lease is there that does not hold"},
    {STATE_GRACE, STATE_LICENSED, "a lease is believed"},
    {STATE_GRACE, STATE_EXPIRED_GRACE, "a lease was believed, and has ended since"},
    {STATE_GRACE, STATE_NOTIFICATION, "the initial grace has ended"},
    {STATE_LICENSED, STATE_UNLICENSED,
     "the lease does not hold any more: it is revoked, altered, or another machine's"},
    {STATE_LICENSED, STATE_GRACE, "the seat was given back within the initial grace"},
    {STATE_LICENSED, STATE_EXPIRED_GRACE, "the lease has ended"},
    {STATE_LICENSED, STATE_NOTIFICATION, "the seat was given back, or the lease has ended more than 30 days ago"},
    {STATE_EXPIRED_GRACE, STATE_UNLICENSED, "the lease does not hold any more"},
    {STATE_EXPIRED_GRACE, STATE_GRACE, "the lease is forgotten within a long initial grace"},
    {STATE_EXPIRED_GRACE, STATE_LICENSED, "a lease is believed"},
    {STATE_EXPIRED_GRACE, STATE_NOTIFICATION, "the lease has ended 30 days ago"},
    {STATE_NOTIFICATION, STATE_UNLICENSED, "a lease is there that does not hold"},
    {STATE_NOTIFICATION, STATE_GRACE, "a newer product gives longer grace, or a clock that was ahead was set right"},
    {STATE_NOTIFICATION, STATE_LICENSED, "a lease is believed"},
    {STATE_NOTIFICATION, STATE_EXPIRED_GRACE,
     "a clock that was ahead was set right, or a lease has ended since it was believed"},
};
const size_t state_transition_count = sizeof state_transitions / sizeof *state_transitions;

bool first_run_is_due(const struct standing *standing)
{
    return clock_was_set(standing->now) &&
           (standing->first_run == 0 || clock_is_behind(standing->now, standing->first_run));
}

static struct evaluation grace_until(seconds end, seconds now)
{
    if (now < end)
        return (struct evaluation){.state = STATE_GRACE, .until = end};
    return (struct evaluation){.state = STATE_NOTIFICATION};
}

static struct evaluation without_lease(const struct standing *standing)
{
    const seconds now = standing->now;
    if (standing->grace == 0)
        return (struct evaluation){.state = STATE_UNLICENSED};
    if (!clock_was_set(now) || (standing->first_run != 0 && clock_is_behind(now, standing->first_run)))
        return grace_until(now + standing->grace, now);
    if (standing->first_run == 0)
        return (struct evaluation){.state = STATE_UNLICENSED};
    return grace_until(standing->first_run + standing->grace, now);
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
