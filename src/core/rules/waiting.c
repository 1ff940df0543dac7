/* When a machine asks by itself again; see waiting.h. */
#include "core/rules/waiting.h"

enum { DRAW_BITS = 16, SPREAD = 8 /* its part of the whole */ };

/* The drawn part of an eighth. */
static seconds spread(seconds interval, uint16_t draw)
{
    const seconds eighth = interval / SPREAD;
    return eighth / (1 << DRAW_BITS) * draw + eighth % (1 << DRAW_BITS) * draw / (1 << DRAW_BITS);
}

seconds waiting_renewal(seconds after, uint16_t draw)
{
    return after - spread(after, draw);
}

seconds waiting_denied(seconds asked_for, uint16_t draw)
{
    return asked_for + spread(asked_for, draw);
}

static seconds smaller(seconds a, seconds b)
{
    return a < b ? a : b;
}

/* Not longer than the longest wait, unless the license itself says so. */
static seconds backed_off(const struct unanswered *unanswered)
{
    const seconds longest = unanswered->left > 0 ? WAIT_LICENSED_MAX : WAIT_UNLICENSED_MAX;
    seconds wait = unanswered->retry;
    for (uint64_t i = 1; i < unanswered->failures && wait > 0 && wait < longest; i++)
        wait = smaller(2 * wait, longest);
    return wait;
}

seconds waiting_unanswered(const struct unanswered *unanswered, uint16_t draw)
{
    const seconds floor = smaller(unanswered->retry, WAIT_MIN);
    seconds wait = backed_off(unanswered);
    wait += spread(wait, draw);
    if (unanswered->left > 0)
        wait = smaller(wait, unanswered->left / 4);
    return wait > floor ? wait : floor;
}
