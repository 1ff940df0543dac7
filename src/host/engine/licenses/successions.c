/* What a license has of those whose place it has taken; see successions.h. */
#include "licenses/successions.h"
#include "ledgers.h"
#include "licenses/befores.h"
#include "state.h"

#include "core/documents/offer.h"
#include "core/rules/terms.h"
#include "store/machines.h"

#include <assert.h>

static const struct machine_record *record_of(const struct engine *engine, const struct entry *entry, uint32_t number)
{
    return &fetched_of(&engine->fetched, number, &entry->machine)->row.record;
}

RESULT succession_inherit(struct engine *engine, const struct entry *entry, const struct candidate *candidate,
                          struct figures *figures, struct inherited *ret_inherited)
{
    const struct catalog_vendor *const vendor = entry->vendor;
    const seconds now = vendor->ledger->now;
    struct authority_count counts[REPLACES_MAX];
    size_t count = 0;
    *ret_inherited = (struct inherited){.held = before_held_until(engine, vendor, &entry->machine, candidate->license)};
    for (size_t i = 0; i < vendor->vendor->succession_count; i++) {
        const uint32_t before = before_number(vendor, i, candidate->license);
        struct figures more;
        if (before == 0)
            continue;
        TRY(store_figures(engine->options.store, before, now, &more, &engine->reason));
        assert(count < REPLACES_MAX);
        counts[count++] = (struct authority_count){vendor->vendor->successions[i].before, more.count};
        figures->held += more.held;
        ret_inherited->any = true;
        ret_inherited->counted |= record_counts(record_of(engine, entry, before), now);
    }
    figures->count += authority_joint_count(vendor->vendor, counts, count);
    return RESULT_OK;
}

static RESULT put(struct engine *engine, const struct entry *entry, uint32_t number, const struct machine_row *row)
{
    return fetched_put(&engine->fetched, engine->options.store, number, &entry->machine, row, &engine->reason);
}

RESULT succession_move_count(struct engine *engine, const struct entry *entry, struct candidate *candidate)
{
    const struct catalog_vendor *const vendor = entry->vendor;
    struct machine_record *const record = &candidate->row.record;
    for (size_t i = 0; i < vendor->vendor->succession_count; i++) {
        const uint32_t before = before_number(vendor, i, candidate->license);
        if (before == 0 || !record_counts(record_of(engine, entry, before), vendor->ledger->now))
            continue;
        struct machine_row row = fetched_of(&engine->fetched, before, &entry->machine)->row;
        if (row.record.first_request < record->first_request)
            record->first_request = row.record.first_request;
        record->requests += row.record.requests;
        row.record.requests = 0;
        row.record.last_request = 0;
        TRY(put(engine, entry, before, &row));
    }
    return RESULT_OK;
}

/* Whether the license has taken the nth one's place: then the seat of the one is the other's, and goes on there. */
static bool is_before(const struct catalog_vendor *vendor, size_t nth, const struct authority_license *license)
{
    const char *const id = vendor->vendor->licenses[nth].license.id;
    return authority_heir(vendor->vendor, id, vendor->ledger->now) == license;
}

static RESULT end_seat(struct engine *engine, const struct entry *entry, uint32_t number)
{
    const seconds now = entry->vendor->ledger->now;
    if (!record_holds(record_of(engine, entry, number), now))
        return RESULT_OK;
    struct machine_row row = fetched_of(&engine->fetched, number, &entry->machine)->row;
    row.record.expires = now;
    return put(engine, entry, number, &row);
}

/* Whose seats those of the nth license are by now, and the store's number of it. */
static const struct license *seats_of(const struct catalog_vendor *vendor, size_t nth, uint32_t *ret_number)
{
    const struct authority_vendor *const authority = vendor->vendor;
    const struct authority_license *const own = &authority->licenses[nth];
    const struct authority_license *const heir = authority_heir(authority, own->license.id, vendor->ledger->now);
    const struct authority_license *const seat = heir == NULL ? own : heir;
    *ret_number = vendor->licenses[seat - authority->licenses];
    return &seat->license;
}

/* Whether a seat of the nth license that is left is free at once. Its lease cannot be un-issued, so it is as if the
 * machine had given it back: it counts as that, where it does. */
static RESULT count_leaving(struct engine *engine, const struct catalog_vendor *vendor, size_t nth, bool *ret_frees)
{
    struct store *const store = engine->options.store;
    const seconds now = vendor->ledger->now;
    uint64_t before = 0;
    uint32_t number;
    const struct license *const license = seats_of(vendor, nth, &number);
    *ret_frees = true;
    if (!terms_releases_limited(license))
        return RESULT_OK;
    TRY(store_returns(store, number, RETURN_RELEASE, now - RETURNS_WINDOW, &before, &engine->reason));
    *ret_frees = terms_release_frees(license, before);
    return *ret_frees ? store_return_add(store, number, RETURN_RELEASE, now, &engine->reason) : RESULT_OK;
}

static RESULT leave_seat(struct engine *engine, const struct entry *entry, size_t nth)
{
    const uint32_t number = entry->vendor->licenses[nth];
    bool frees;
    if (!record_holds(record_of(engine, entry, number), entry->vendor->ledger->now))
        return RESULT_OK;
    TRY(count_leaving(engine, entry->vendor, nth, &frees));
    return frees ? end_seat(engine, entry, number) : RESULT_OK;
}

RESULT succession_move_seat(struct engine *engine, const struct entry *entry, const struct candidate *candidate)
{
    const struct catalog_vendor *const vendor = entry->vendor;
    const struct offer offer = license_offer(&candidate->license->license);
    for (size_t i = 0; i < vendor->vendor->license_count; i++)
        if (vendor->licenses[i] != candidate->number && !is_before(vendor, i, candidate->license) &&
            offer_equal(license_offer(&vendor->vendor->licenses[i].license), offer))
            TRY(leave_seat(engine, entry, i));
    for (size_t i = 0; i < vendor->vendor->succession_count; i++) {
        const uint32_t before = before_number(vendor, i, candidate->license);
        if (before != 0)
            TRY(end_seat(engine, entry, before));
    }
    return RESULT_OK;
}
