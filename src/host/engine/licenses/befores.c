/* Which licenses one has taken the place of; see befores.h. */
#include "licenses/befores.h"
#include "ledgers.h"
#include "state.h"

uint32_t before_number(const struct catalog_vendor *vendor, size_t succession, const struct authority_license *license)
{
    const struct authority_vendor *const authority = vendor->vendor;
    const struct authority_succession *const it = &authority->successions[succession];
    if (&authority->licenses[it->by] != license ||
        authority_heir(authority, it->before, vendor->ledger->now) != license)
        return 0;
    return vendor->befores[succession];
}

seconds before_held_until(const struct engine *engine, const struct catalog_vendor *vendor,
                          const struct machine_id *machine, const struct authority_license *license)
{
    seconds until = 0;
    for (size_t i = 0; i < vendor->vendor->succession_count; i++) {
        const uint32_t before = before_number(vendor, i, license);
        if (before != 0)
            until = seat_until(until, fetched_of(&engine->fetched, before, machine)->row.record.expires);
    }
    return lease_holds(until, vendor->ledger->now) ? until : 0;
}
