/* Who is turned away; see turned_away.h. */
#include "rates/turned_away.h"

#include <stdio.h>

static struct turned_away_one *place_of(struct turned_away_one named[static TURNED_AWAY_NAMED],
                                        const struct rates_owner *owner)
{
    struct turned_away_one *fewest = &named[0];
    for (size_t i = 0; i < TURNED_AWAY_NAMED; i++) {
        struct turned_away_one *const one = &named[i];
        if (one->count > 0 && rates_owner_equal(&one->owner, owner))
            return one;
        if (one->count < fewest->count)
            fewest = one;
    }
    return fewest;
}

static void count(struct turned_away_one named[static TURNED_AWAY_NAMED], const struct rates_owner *owner,
                  const char *text)
{
    struct turned_away_one *const place = place_of(named, owner);
    place->owner = *owner;
    place->count++;
    (void)snprintf(place->text, sizeof place->text, "%s", text);
}

bool turned_away_add(struct turned_away *turned_away, enum error_code code, const struct address *from,
                     const char *address)
{
    const bool first = !turned_away_any(turned_away);
    const struct rates_owner owner = rates_owner_of_address(from);
    (*(code == ERR_NETWORK_NOT_LISTED ? &turned_away->networks
       : code == ERR_TOO_MANY_NEW     ? &turned_away->rates
                                      : &turned_away->untold))++;
    count(turned_away->addresses, &owner, address);
    return first;
}

bool turned_away_leave_out(struct turned_away *turned_away, const struct machine_id *machine)
{
    const bool first = !turned_away_any(turned_away);
    const struct rates_owner owner = rates_owner_of_machine(machine);
    char text[MACHINE_ID_TEXT_SIZE];
    machine_id_write(machine, text);
    turned_away->left_out++;
    count(turned_away->machines, &owner, text);
    return first;
}

bool turned_away_any(const struct turned_away *turned_away)
{
    return turned_away->networks > 0 || turned_away->rates > 0 || turned_away->untold > 0 || turned_away->left_out > 0;
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

const struct turned_away_one *turned_away_most(const struct turned_away_one named[static TURNED_AWAY_NAMED])
{
    const struct turned_away_one *most = &named[0];
    for (size_t i = 1; i < TURNED_AWAY_NAMED; i++)
        if (named[i].count > most->count)
            most = &named[i];
    return most;
}
