/*
 * One job -> a denial, or a leaf to write; see state.h. The rules themselves are decide()'s; here stands which licenses
 * are asked, and in which order, and what is stored afterwards.
 *
 * A request is tried under every license for its vendor, product and edition, the likeliest first, until one grants. It
 * counts under each of them that is in force, also those that were not needed.
 */
#include "batch/decisions.h"
#include "batch/answers.h"
#include "ledgers.h"
#include "state.h"

#include "core/documents/offer.h"
#include "store/machines.h"
#include "store/operators.h"

#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 16 }; /* licenses for one product and edition that are looked at for a request */

/* What is likely to grant, best first. A denial is taken from the first that was asked, so the order also says which
 * denial tells the machine most. */
enum rank {
    RANK_SAME_NONCE, /* holds a lease for this very request */
    RANK_HOLDS,
    RANK_IN_FORCE,
    RANK_NOT_YET,
    RANK_ENDED,
    RANK_REVOKED
};

struct candidate {
    enum rank rank;
    const struct authority_license *license;
    uint32_t number;
    struct machine_row row;
    bool earlier; /* its last lease stands in an epoch that has ended */
};

struct candidates {
    size_t count;
    struct candidate list[CANDIDATES_MAX];
};

static enum rank rank_of(const struct authority_license *entry, const struct machine_record *record,
                         const struct request *request, seconds now)
{
    const struct license *const license = &entry->license;
    if (entry->revoked)
        return RANK_REVOKED;
    if (now < license->not_before)
        return RANK_NOT_YET;
    if (now >= license->not_after)
        return RANK_ENDED;
    if (!record_holds(record, now))
        return RANK_IN_FORCE;
    const bool same = memcmp(record->nonce.bytes, request->nonce.bytes, NONCE_SIZE) == 0;
    return same ? RANK_SAME_NONCE : RANK_HOLDS;
}

/* Puts the candidate behind those that are as good. */
static void insert(struct candidates *candidates, const struct candidate *candidate)
{
    size_t at = candidates->count++;
    for (; at > 0 && candidates->list[at - 1].rank > candidate->rank; at--)
        candidates->list[at] = candidates->list[at - 1];
    candidates->list[at] = *candidate;
}

static void find_candidates(struct engine *engine, const struct catalog_vendor *vendor, const struct request *request,
                            struct candidates *ret_candidates)
{
    ret_candidates->count = 0;
    for (size_t i = 0; i < vendor->vendor->license_count && ret_candidates->count < CANDIDATES_MAX; i++) {
        const struct authority_license *const license = &vendor->vendor->licenses[i];
        if (!offer_equal(license_offer(&license->license), request_offer(request)))
            continue;
        struct candidate candidate = {.license = license, .number = vendor->licenses[i]};
        candidate.row = fetched_of(&engine->fetched, candidate.number, &request->machine)->row;
        const struct machine_record *const record = &candidate.row.record;
        candidate.earlier = record->issued > 0 && record->ledger != vendor->ledger->number;
        candidate.rank = rank_of(license, record, request, vendor->ledger->now);
        insert(ret_candidates, &candidate);
    }
}

static RESULT put_row(struct engine *engine, const struct job *job, struct candidate *candidate)
{
    memcpy(candidate->row.address, job->address, sizeof candidate->row.address);
    return fetched_put(&engine->fetched, engine->options.store, candidate->number, &job->request.machine,
                       &candidate->row, &engine->reason);
}

/* Counts a request under a license that did not have to answer it. */
static RESULT count_only(struct engine *engine, const struct entry *entry, struct candidate *candidate)
{
    struct machine_record *const record = &candidate->row.record;
    const seconds now = entry->vendor->ledger->now;
    if (record->first_request == 0)
        record->first_request = now;
    record->last_request = now;
    record->requests++;
    return put_row(engine, entry->job, candidate);
}

/* A nonce that is another one than that which was asked with, for decide() to see no request that was made before. */
static struct nonce another_nonce(const struct nonce *asked)
{
    struct nonce nonce = *asked;
    nonce.bytes[0] ^= 1;
    return nonce;
}

/* Decides under one license. On a grant the leaf is added; *ret_denied says whether the next license is to be tried. */
static RESULT decide_under(struct engine *engine, struct entry *entry, bool blocked, struct candidate *candidate,
                           bool *ret_denied)
{
    const struct job *const job = entry->job;
    struct decision *const decision = &engine->decision;
    struct ledger *const ledger = entry->vendor->ledger;
    struct machine_record *const record = &candidate->row.record;
    const struct nonce nonce = record->nonce;
    struct figures figures;
    TRY(store_figures(engine->options.store, candidate->number, ledger->now, &figures, &engine->reason));
    if (candidate->earlier) /* its lease cannot be given again, since nothing is signed there any more */
        record->nonce = another_nonce(&job->request.nonce);
    decide(&candidate->license->license, candidate->license->revoked, blocked, record, &figures, &job->request,
           ledger->now, decision);
    *record = decision->record;
    if (decision->kind == DECISION_GRANT) {
        buffer_clear(&engine->leaf);
        TRY(lease_write(&decision->lease, &engine->leaf));
        TRY(ledger_add(ledger, buffer_slice(&engine->leaf), &entry->leaf));
        record->leaf = entry->leaf;
        record->ledger = ledger->number;
    } else {
        record->nonce = nonce;
    }
    *ret_denied = decision->kind == DECISION_DENY;
    if (!*ret_denied) {
        entry->outcome = OUTCOME_LEASE;
        entry->repeated = decision->kind == DECISION_REPEAT;
        entry->leaf = record->leaf;
        entry->license = candidate->license;
    }
    return put_row(engine, job, candidate);
}

/* Keeps the denial for the operator, and answers with `text`, or with the sentence of its code where that is empty. */
static RESULT deny(struct engine *engine, struct entry *entry, const struct denial *denial, struct slice text)
{
    const struct job *const job = entry->job;
    const bool activation = job->kind == JOB_ACTIVATE;
    const struct license *const license = entry->license == NULL ? NULL : &entry->license->license;
    struct denial_entry kept = {.time = engine->now, .machine = entry->machine, .code = (uint32_t)denial->code};
    if (activation || license != NULL) {
        memcpy(kept.vendor, activation ? job->request.vendor : license->vendor, NAME_SIZE);
        memcpy(kept.product, activation ? job->request.product : license->product, NAME_SIZE);
        memcpy(kept.edition, activation ? job->request.edition : license->edition, NAME_SIZE);
    }
    _Static_assert(sizeof kept.message >= sizeof denial->message, "a denial's message fits its entry");
    memcpy(kept.message, denial->message, sizeof denial->message);
    memcpy(kept.address, job->address, sizeof kept.address);
    TRY(store_denial_add(engine->options.store, &kept, &engine->reason));
    entry->outcome = OUTCOME_DENIED;
    entry->denial = denial->code;
    answer_text(entry->job, error_info(denial->code)->http_status, text);
    return RESULT_OK;
}

static RESULT deny_plainly(struct engine *engine, struct entry *entry, enum error_code code, seconds retry_after)
{
    const struct denial denial = denial_make(code, retry_after);
    buffer_clear(&engine->denial);
    TRY(denial_write(&denial, &engine->denial));
    return deny(engine, entry, &denial, buffer_slice(&engine->denial));
}

/* Without its signer a ledger takes nothing: what is not decided now need not be undone. */
static void deny_signer(struct entry *entry)
{
    entry->outcome = OUTCOME_DENIED;
    entry->denial = ERR_HOST_SIGNER;
    answer_denial(entry->job, ERR_HOST_SIGNER, RETRY_TROUBLE);
}

/* Whether the ledger takes anything now; where it does not, the job is denied. */
static RESULT check_ledger(struct engine *engine, struct entry *entry, bool *ret_open)
{
    const struct ledger *const ledger = entry->vendor->ledger;
    *ret_open = ledger->ready && !ledger->stands;
    if (ledger->ready && ledger->stands)
        return deny_plainly(engine, entry, ERR_HOST_CLOCK, RETRY_TROUBLE);
    if (!ledger->ready)
        deny_signer(entry);
    return RESULT_OK;
}

static RESULT decide_under_all(struct engine *engine, struct entry *entry, struct candidates *candidates)
{
    const struct job *const job = entry->job;
    const bool blocked = fetched_of(&engine->fetched, candidates->list[0].number, &job->request.machine)->blocked;
    bool denied = true;
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *const candidate = &candidates->list[i];
        if (!denied) {
            if (candidate->rank <= RANK_IN_FORCE)
                TRY(count_only(engine, entry, candidate));
            continue;
        }
        TRY(decide_under(engine, entry, blocked, candidate, &denied));
        if (denied && i == 0) {
            engine->first_denial = engine->decision.denial;
            entry->license = candidate->license;
        }
    }
    if (!denied)
        return RESULT_OK;
    buffer_clear(&engine->denial);
    TRY(denial_write(&engine->first_denial, &engine->denial));
    return deny(engine, entry, &engine->first_denial, buffer_slice(&engine->denial));
}

static RESULT decide_activation(struct engine *engine, struct entry *entry)
{
    const struct request *const request = &entry->job->request;
    const struct catalog *const catalog = engine->catalog;
    entry->vendor = catalog_find(catalog, authority_find_vendor(catalog->authority, request->vendor));
    if (entry->vendor == NULL)
        return deny_plainly(engine, entry, ERR_NO_LICENSE, RETRY_NO_LICENSE);
    bool open;
    TRY(check_ledger(engine, entry, &open));
    if (!open)
        return RESULT_OK;
    struct candidates candidates;
    find_candidates(engine, entry->vendor, request, &candidates);
    if (candidates.count == 0)
        return deny_plainly(engine, entry, ERR_NO_LICENSE, RETRY_NO_LICENSE);
    return decide_under_all(engine, entry, &candidates);
}

/* Takes the seat back: the record and its leaf. */
static RESULT take_back(struct engine *engine, struct entry *entry, uint32_t number, struct machine_row *row,
                        const struct released *released)
{
    buffer_clear(&engine->leaf);
    TRY(released_write(released, &engine->leaf));
    TRY(ledger_add(entry->vendor->ledger, buffer_slice(&engine->leaf), &entry->leaf));
    memcpy(row->address, entry->job->address, sizeof row->address);
    entry->outcome = OUTCOME_RELEASED;
    return fetched_put(&engine->fetched, engine->options.store, number, &entry->machine, row, &engine->reason);
}

static RESULT decide_giving_back(struct engine *engine, struct entry *entry)
{
    const struct release *const release = &entry->job->release;
    const struct catalog *const catalog = engine->catalog;
    const struct authority_vendor *vendor = NULL;
    entry->license = authority_find_license(catalog->authority, release->license, &vendor);
    if (entry->license == NULL)
        return deny_plainly(engine, entry, ERR_RELEASE_NOTHING, 0);
    entry->vendor = catalog_find(catalog, vendor);
    bool open;
    TRY(check_ledger(engine, entry, &open));
    if (!open)
        return RESULT_OK;
    const seconds now = entry->vendor->ledger->now;
    const uint32_t number = entry->vendor->licenses[entry->license - vendor->licenses];
    struct machine_row row = fetched_of(&engine->fetched, number, &release->machine)->row;
    struct figures figures;
    TRY(store_figures(engine->options.store, number, now, &figures, &engine->reason));
    struct released released;
    struct machine_record record;
    const struct result decided = decide_release(&row.record, &figures, release, now, &released, &record, &figures);
    if (!is_ok(decided))
        return deny_plainly(engine, entry, result_code(decided), 0);
    row.record = record;
    return take_back(engine, entry, number, &row, &released);
}

/* ---- what the store is asked for beforehand ---- */

static RESULT prepare_activation(struct engine *engine, const struct request *request)
{
    const struct catalog *const catalog = engine->catalog;
    const struct catalog_vendor *const vendor =
        catalog_find(catalog, authority_find_vendor(catalog->authority, request->vendor));
    if (vendor == NULL)
        return RESULT_OK;
    for (size_t i = 0; i < vendor->vendor->license_count; i++)
        if (offer_equal(license_offer(&vendor->vendor->licenses[i].license), request_offer(request)))
            TRY(fetched_want(&engine->fetched, vendor->licenses[i], &request->machine));
    return RESULT_OK;
}

static RESULT prepare_giving_back(struct engine *engine, const struct release *release)
{
    const struct catalog *const catalog = engine->catalog;
    const struct authority_vendor *vendor = NULL;
    const struct authority_license *const license =
        authority_find_license(catalog->authority, release->license, &vendor);
    if (license == NULL)
        return RESULT_OK;
    const struct catalog_vendor *const entry = catalog_find(catalog, vendor);
    return fetched_want(&engine->fetched, entry->licenses[license - vendor->licenses], &release->machine);
}

RESULT decide_prepare(struct engine *engine, const struct job *job)
{
    return job->kind == JOB_ACTIVATE ? prepare_activation(engine, &job->request)
                                     : prepare_giving_back(engine, &job->release);
}

RESULT decide_job(struct engine *engine, struct entry *entry)
{
    return entry->job->kind == JOB_ACTIVATE ? decide_activation(engine, entry) : decide_giving_back(engine, entry);
}
