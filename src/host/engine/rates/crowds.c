/* Addresses from which many new machines come just now; see crowds.h. */
#include "rates/crowds.h"

static struct crowd_place *find(struct crowds *crowds, const struct rates_owner *owner)
{
    for (size_t i = 0; i < CROWD_PLACES; i++)
        if (crowds->places[i].last > 0 && rates_owner_equal(&crowds->places[i].owner, owner))
            return &crowds->places[i];
    return NULL;
}

/* A free place, or that of the address from which none has come for longest. */
static struct crowd_place *make(struct crowds *crowds, const struct rates_owner *owner)
{
    struct crowd_place *place = &crowds->places[0];
    for (size_t i = 1; i < CROWD_PLACES; i++)
        if (crowds->places[i].last < place->last)
            place = &crowds->places[i];
    *place = (struct crowd_place){.owner = *owner};
    return place;
}

void crowds_count(struct crowds *crowds, const struct address *from, int64_t milliseconds)
{
    const struct rates_owner owner = rates_owner_of_address(from);
    struct crowd_place *place = find(crowds, &owner);
    if (place == NULL)
        place = make(crowds, &owner);
    if (place->newcomers == 0 || milliseconds - place->since >= CROWD_WINDOW_MILLISECONDS) {
        place->since = milliseconds;
        place->newcomers = 0;
    }
    place->last = milliseconds;
    place->newcomers++;
    if (place->newcomers >= CROWD_FROM)
        crowds->until = place->until = milliseconds + CROWD_LASTS_MILLISECONDS;
}

bool crowds_have(const struct crowds *crowds, const struct address *from, int64_t milliseconds)
{
    if (milliseconds >= crowds->until)
        return false;
    const struct rates_owner owner = rates_owner_of_address(from);
    for (size_t i = 0; i < CROWD_PLACES; i++)
        if (crowds->places[i].until > milliseconds && rates_owner_equal(&crowds->places[i].owner, &owner))
            return true;
    return false;
}
