/* Which licenses a machine may get a lease under; see candidates.h. */
#include "batch/candidates.h"
#include "ledgers.h"
#include "state.h"

#include "core/documents/offer.h"
#include "store/ledger.h"

#include <string.h>

static bool is_of_product(const struct catalog_license *license, const char *product)
{
    return strcmp(license->product, product) == 0;
}

RESULT candidates_want(struct engine *engine, const struct catalog_vendor *vendor, const char *product,
                       const struct machine_id *machine)
{
    for (size_t i = 0; i < vendor->known_count; i++)
        if (is_of_product(&vendor->known[i], product))
            TRY(fetched_want(&engine->fetched, vendor->known[i].number, machine));
    return RESULT_OK;
}

static bool is_same_note(const struct machine_record *record, const struct job *job, uint32_t ledger)
{
    return !record->released && !record_is_reclaimed(record) && record->ledger == ledger &&
           record->number == job->request.number && hash_equal(&record->note, &job->note_hash);
}

static enum rank rank_of(const struct authority_license *entry, const struct machine_record *record,
                         const struct job *job, const struct ledger *ledger)
{
    const struct license *const license = &entry->license;
    if (entry->revoked)
        return RANK_REVOKED;
    if (ledger->now < license->not_before)
        return RANK_NOT_YET;
    if (ledger->now >= license->not_after)
        return RANK_ENDED;
    if (!record_holds(record, ledger->now))
        return RANK_IN_FORCE;
    return is_same_note(record, job, ledger->number) ? RANK_SAME_NOTE : RANK_HOLDS;
}

/* Puts the candidate behind those that are as good; where there are too many, the worst goes. */
static void insert(struct candidates *candidates, const struct candidate *candidate)
{
    size_t at = candidates->count;
    for (; at > 0 && candidates->list[at - 1].rank > candidate->rank; at--)
        if (at < CANDIDATES_MAX)
            candidates->list[at] = candidates->list[at - 1];
    if (at < CANDIDATES_MAX)
        candidates->list[at] = *candidate;
    if (candidates->count < CANDIDATES_MAX)
        candidates->count++;
}

void candidates_rank(const struct engine *engine, const struct catalog_vendor *vendor, const struct job *job,
                     struct candidates *ret_candidates)
{
    ret_candidates->count = 0;
    for (size_t i = 0; i < vendor->vendor->license_count; i++) {
        const struct authority_license *const license = &vendor->vendor->licenses[i];
        if (!offer_equal(license_offer(&license->license), request_offer(&job->request)))
            continue;
        struct candidate candidate = {.license = license, .number = vendor->licenses[i]};
        candidate.row = fetched_of(&engine->fetched, candidate.number, &job->request.machine)->row;
        candidate.rank = rank_of(license, &candidate.row.record, job, vendor->ledger);
        insert(ret_candidates, &candidate);
    }
}

struct last_leaf last_leaf_find(const struct engine *engine, const struct catalog_vendor *vendor, const char *product,
                                const struct machine_id *machine)
{
    struct last_leaf last = {0};
    for (size_t i = 0; i < vendor->known_count; i++) {
        if (!is_of_product(&vendor->known[i], product))
            continue;
        const struct machine_record *const record =
            &fetched_of(&engine->fetched, vendor->known[i].number, machine)->row.record;
        heard_raise(&last.heard, record->heard.number, record->heard.time);
        last.told |= record->last_denial == ERR_NUMBER_USED;
        if (record->number > last.number) {
            last.number = record->number;
            last.leaf = record->leaf;
            last.ledger = record->ledger;
        }
    }
    return last;
}

RESULT leaf_fetch(struct engine *engine, const struct ledger *ledger, uint32_t number, uint64_t index)
{
    struct slice added;
    buffer_clear(&engine->leaf);
    if (number == ledger->number && ledger_added(ledger, index, &added)) {
        buffer_append_slice(&engine->leaf, added);
        return buffer_status(&engine->leaf);
    }
    return store_leaf_get(engine->options.store, number, index, &engine->leaf, &engine->reason);
}

/* One that cannot be read is not said to be the same. */
bool is_untold(struct engine *engine, const struct ledger *ledger, const struct request *request,
               const struct machine_record *record)
{
    struct lease lease;
    struct slice note;
    if (strcmp(request->seen.origin, ledger->origin) == 0 || !record_runs(record, ledger->number, ledger->now))
        return false;
    return !is_ok(leaf_fetch(engine, ledger, record->ledger, record->leaf)) ||
           !is_ok(lease_read(buffer_slice(&engine->leaf), &lease, &note)) ||
           !seen_equal(&lease.request.seen, &request->seen);
}
