/* Who is turned away; see turned_away.h. */
#include "rates/turned_away.h"

#include <stdio.h>

static struct turned_away_address *place_of(struct turned_away *turned_away, const struct address *owner)
{
    struct turned_away_address *fewest = &turned_away->named[0];
    for (size_t i = 0; i < TURNED_AWAY_NAMED; i++) {
        struct turned_away_address *const one = &turned_away->named[i];
        if (one->count > 0 && address_equal(&one->owner, owner))
            return one;
        if (one->count < fewest->count)
            fewest = one;
    }
    return fewest;
}

bool turned_away_add(struct turned_away *turned_away, enum error_code code, const struct address *from,
                     const char *address)
{
    const bool first = !turned_away_any(turned_away);
    const struct address owner = address_owner(from);
    struct turned_away_address *const place = place_of(turned_away, &owner);
    (*(code == ERR_NETWORK_NOT_LISTED ? &turned_away->networks
       : code == ERR_TOO_MANY_NEW     ? &turned_away->rates
                                      : &turned_away->untold))++;
    place->owner = owner;
    place->count++;
    (void)snprintf(place->address, sizeof place->address, "%s", address);
    return first;
}

bool turned_away_any(const struct turned_away *turned_away)
{
    return turned_away->networks > 0 || turned_away->rates > 0 || turned_away->untold > 0;
}

bool turned_away_say(struct turned_away *turned_away, int64_t milliseconds, struct turned_away *ret_said)
{
    if (!turned_away_any(turned_away) ||
        (turned_away->said && milliseconds - turned_away->said_at < TURNED_AWAY_EACH_MILLISECONDS))
        return false;
    *ret_said = *turned_away;
    *turned_away = (struct turned_away){.said = true, .said_at = milliseconds};
    return true;
}

const struct turned_away_address *turned_away_most(const struct turned_away *turned_away)
{
    const struct turned_away_address *most = &turned_away->named[0];
    for (size_t i = 1; i < TURNED_AWAY_NAMED; i++)
        if (turned_away->named[i].count > most->count)
            most = &turned_away->named[i];
    return most;
}
