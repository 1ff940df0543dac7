/* Which licenses a machine may get a lease under; see candidates.h. */
#include "batch/candidates.h"
#include "ledgers.h"
#include "licenses/befores.h"
#include "state.h"

#include "core/documents/offer.h"
#include "core/rules/terms.h"
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

/* What the licenses of a vendor are ranked for. */
struct ranking {
    struct engine *engine;
    const struct catalog_vendor *vendor;
    const struct job *job;
    bool heard;
    seconds running_end; /* of the lease that the machine has which runs longest, in whichever epoch; 0: none */
    uint32_t running;    /* number of its license, where it stands in this ledger and may be given again; else 0 */
    seconds now;
};

/* When a lease would end that the license grants. `holds`: the machine has a seat of it. */
static seconds new_end(const struct ranking *ranking, const struct license *license, bool holds)
{
    const struct lease_case of = {.hardware = &ranking->job->request.hardware, .first = !holds};
    return terms_end(license, &of, ranking->now);
}

/* One that was replaced and whose lease does not run, or would be given again in the place of a longer one, is none;
 * nor one whose lease is not to be given again. */
static bool rank_replaced(const struct ranking *ranking, const struct authority_license *heir,
                          const struct candidate *candidate, enum rank *ret_rank)
{
    *ret_rank = RANK_RUNS;
    return candidate->running && !candidate->license->revoked &&
           new_end(ranking, &heir->license, true) < ranking->running_end &&
           !is_untold(ranking->engine, ranking->vendor->ledger, &ranking->job->request, &candidate->row.record);
}

/* Whether the machine has a seat of the license, its own or one of those whose place it has taken. */
static bool holds_seat(const struct ranking *ranking, const struct candidate *candidate)
{
    const seconds before =
        before_held_until(ranking->engine, ranking->vendor, &ranking->job->request.machine, candidate->license);
    return lease_holds(seat_until(candidate->row.record.expires, before), ranking->now);
}

static enum rank rank_of(const struct ranking *ranking, const struct candidate *candidate)
{
    const struct license *const license = &candidate->license->license;
    if (candidate->license->revoked)
        return RANK_REVOKED;
    if (ranking->now < license->not_before)
        return RANK_NOT_YET;
    if (ranking->now >= license->not_after)
        return RANK_ENDED;
    if (candidate->running || new_end(ranking, license, holds_seat(ranking, candidate)) >= ranking->running_end)
        return RANK_IN_FORCE;
    return RANK_SHORTER;
}

/* Whether it is one for the request, and which rank it has. */
static bool rank(const struct ranking *ranking, struct candidate *candidate)
{
    const struct machine_record *const record = &candidate->row.record;
    const struct authority_license *const heir =
        authority_heir(ranking->vendor->vendor, candidate->license->license.id, ranking->now);
    candidate->running = candidate->number == ranking->running;
    const bool is_again =
        (ranking->heard && candidate->running) ||
        (record_holds(record, ranking->now) && is_same_note(record, ranking->job, ranking->vendor->ledger->number));
    candidate->replaced = heir != NULL;
    candidate->rank = is_again && !candidate->license->revoked ? RANK_SAME_NOTE : rank_of(ranking, candidate);
    return candidate->rank == RANK_SAME_NOTE || heir == NULL ||
           rank_replaced(ranking, heir, candidate, &candidate->rank);
}

static bool is_better(const struct candidate *one, const struct candidate *than)
{
    if (one->rank != than->rank)
        return one->rank < than->rank;
    const seconds end = one->license->license.not_after;
    const seconds other = than->license->license.not_after;
    return end > other || (end == other && one->running && !than->running);
}

/* Puts the candidate behind those that are as good; where there are too many, the worst goes. */
static void insert(struct candidates *candidates, const struct candidate *candidate)
{
    size_t at = candidates->count;
    for (; at > 0 && is_better(candidate, &candidates->list[at - 1]); at--)
        if (at < CANDIDATES_MAX)
            candidates->list[at] = candidates->list[at - 1];
    if (at < CANDIDATES_MAX)
        candidates->list[at] = *candidate;
    if (candidates->count < CANDIDATES_MAX)
        candidates->count++;
}

/* Each license for what the request asks for, with the machine's row. */
static bool candidate_at(const struct engine *engine, const struct catalog_vendor *vendor, const struct job *job,
                         size_t i, struct candidate *ret_candidate)
{
    const struct authority_license *const license = &vendor->vendor->licenses[i];
    if (!offer_equal(license_offer(&license->license), request_offer(&job->request)))
        return false;
    *ret_candidate = (struct candidate){.license = license, .number = vendor->licenses[i]};
    ret_candidate->row = fetched_of(&engine->fetched, ret_candidate->number, &job->request.machine)->row;
    return true;
}

/* A product key gives leases of its own mode alone. */
static bool is_of_mode(const struct candidate *candidate, const struct job *job)
{
    return candidate->license->license.mode == request_mode(&job->request);
}

static void find_running(const struct engine *engine, struct ranking *ranking)
{
    const struct catalog_vendor *const vendor = ranking->vendor;
    struct candidate candidate;
    for (size_t i = 0; i < vendor->vendor->license_count; i++) {
        if (!candidate_at(engine, vendor, ranking->job, i, &candidate) || !is_of_mode(&candidate, ranking->job))
            continue;
        const struct machine_record *const record = &candidate.row.record;
        if (!record_runs(record, record->ledger, ranking->now) || record->ends <= ranking->running_end)
            continue;
        ranking->running = record->ledger == vendor->ledger->number ? candidate.number : 0;
        ranking->running_end = record->ends;
    }
}

void candidates_rank(struct engine *engine, const struct catalog_vendor *vendor, const struct job *job, bool heard,
                     struct candidates *ret_candidates)
{
    struct ranking ranking = {
        .engine = engine, .vendor = vendor, .job = job, .heard = heard, .now = vendor->ledger->now};
    struct candidate candidate;
    ret_candidates->count = 0;
    find_running(engine, &ranking);
    for (size_t i = 0; i < vendor->vendor->license_count; i++)
        if (candidate_at(engine, vendor, job, i, &candidate) && is_of_mode(&candidate, job) &&
            rank(&ranking, &candidate))
            insert(ret_candidates, &candidate);
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

/* The lease that the record names; errors of the store, and of one that is none. */
static RESULT lease_fetch(struct engine *engine, const struct ledger *ledger, const struct machine_record *record,
                          struct lease *ret_lease)
{
    struct slice note;
    TRY(leaf_fetch(engine, ledger, record->ledger, record->leaf));
    return lease_read(buffer_slice(&engine->leaf), ret_lease, &note);
}

/* Of the machine's records for a product the one with the newest lease that holds a seat; NULL: there is none. */
static const struct machine_record *newest_held(const struct engine *engine, const struct catalog_vendor *vendor,
                                                const char *product, const struct machine_id *machine)
{
    const struct machine_record *newest = NULL;
    for (size_t i = 0; i < vendor->known_count; i++) {
        if (!is_of_product(&vendor->known[i], product))
            continue;
        const struct machine_record *const record =
            &fetched_of(&engine->fetched, vendor->known[i].number, machine)->row.record;
        if (record_holds(record, vendor->ledger->now) && (newest == NULL || record->issued > newest->issued))
            newest = record;
    }
    return newest;
}

seconds other_hardware_until(struct engine *engine, const struct catalog_vendor *vendor, const struct job *job)
{
    const struct request *const request = &job->request;
    const struct machine_record *const record = newest_held(engine, vendor, request->product, &request->machine);
    if (record == NULL || record->released || hash_equal(&record->note, &job->note_hash))
        return 0;
    const struct hardware_mark mark = hardware_mark(&request->hardware);
    struct lease lease;
    if (hardware_mark_equal(&record->hardware, &mark) || !is_ok(lease_fetch(engine, vendor->ledger, record, &lease)))
        return 0;
    return hardware_matches(&lease.request.hardware, &request->hardware) ? 0 : record->expires;
}

/* One that cannot be read is not said to be the same. */
bool is_untold(struct engine *engine, const struct ledger *ledger, const struct request *request,
               const struct machine_record *record)
{
    struct lease lease;
    if (strcmp(request->seen.origin, ledger->origin) == 0 || !record_runs(record, ledger->number, ledger->now))
        return false;
    return !is_ok(lease_fetch(engine, ledger, record, &lease)) || !seen_equal(&lease.request.seen, &request->seen);
}
