/* The gate to the handlers; see gate.h. */
#include "gate.h"

bool gate_enter(struct gate *gate)
{
    atomic_fetch_add(&gate->inside, 1);
    if (!atomic_load(&gate->closed))
        return true;
    gate_leave(gate);
    return false;
}

void gate_leave(struct gate *gate)
{
    atomic_fetch_sub(&gate->inside, 1);
}

bool gate_is_closed(const struct gate *gate)
{
    return atomic_load(&gate->closed);
}

bool gate_close(struct gate *gate)
{
    return !atomic_exchange(&gate->closed, true);
}
