/*
 * One job -> a denial, or a leaf to write; see state.h. The rules themselves are decide()'s; here stands which licenses
 * are asked, and in which order, and what is stored afterwards.
 *
 * A request is tried under every license for its vendor, product and edition that is in force, the likeliest first,
 * until one grants; where none is in force, under the best of the others. It counts under each of them that is in
 * force, also those that were not needed.
 */
#include "batch/decisions.h"
#include "about/abouts.h"
#include "batch/answers.h"
#include "batch/denials.h"
#include "batch/sight.h"
#include "ledgers.h"
#include "licenses/successions.h"
#include "rates/strangers.h"
#include "state.h"

#include "core/rules/terms.h"

#include <string.h>

static struct slice note_of(const struct job *job)
{
    return slice_make(job->note, job->note_size);
}

/* ---- what must hold before anything is decided ---- */

/* A host that was restored from an old copy still takes what other machines show it: the next epoch tells of it. */
static RESULT deny_restored(struct engine *engine, struct entry *entry, const struct shown *shown)
{
    if (shown != NULL)
        TRY(ledger_shown(engine, entry->vendor->ledger, shown));
    return deny_plainly(engine, entry, ERR_HOST_RESTORED, RETRY_TROUBLE);
}

static RESULT check_seen(struct engine *engine, struct entry *entry, const struct seen *seen, bool *ret_open)
{
    enum sight sight;
    struct shown shown = {.seen = *seen};
    *ret_open = false;
    const struct result judged = sight_judge(engine, entry->vendor, seen, &shown.epoch, &sight);
    if (result_code(judged) == ERR_STORE_CORRUPT || result_code(judged) == ERR_NOT_FOUND)
        return deny_plainly(engine, entry, ERR_HOST_STORAGE, RETRY_TROUBLE);
    TRY(judged);
    if (sight == SIGHT_FALSE)
        return deny_refused(engine, entry, FAIL(SIGNATURE_WRONG));
    if (sight == SIGHT_RESTORED)
        return deny_restored(engine, entry, &shown);
    if (ledger_is_restored(entry->vendor->ledger))
        return deny_restored(engine, entry, NULL);
    *ret_open = true;
    return RESULT_OK;
}

/* Whether the ledger takes anything now, and the machine meant this host and has seen nothing that it has not; where
 * not, the job is denied. An old copy comes before a wrong clock: the epoch that ends the one has the right time too.
 */
static RESULT check_ledger(struct engine *engine, struct entry *entry, const struct verifier_key *host_key,
                           const struct seen *seen, bool *ret_open)
{
    const struct ledger *const ledger = entry->vendor->ledger;
    *ret_open = false;
    if (!verifier_key_equal(host_key, &entry->vendor->vendor->host_key))
        return deny_plainly(engine, entry, ERR_REQUEST_OTHER_HOST, RETRY_TROUBLE);
    if (!ledger->ready) {
        deny_signer(entry);
        return RESULT_OK;
    }
    TRY(check_seen(engine, entry, seen, ret_open));
    if (!*ret_open || !ledger->stands)
        return RESULT_OK;
    *ret_open = false;
    return deny_plainly(engine, entry, ERR_HOST_CLOCK, RETRY_TROUBLE);
}

/* Whether the answer to this note tells the operator nothing new: anybody who heard it can send it for ever. A machine
 * that is copied sends notes that are no newer than what was heard, but others; that is told, and told again once the
 * machine has got something else. */
static void compare_heard(const struct engine *engine, struct entry *entry, const struct last_leaf *last)
{
    const struct job *const job = entry->job;
    entry->heard = job->kind == JOB_ACTIVATE ? heard_before(&last->heard, job->request.number, job->request.time)
                                             : heard_before(&last->heard, job->release.number, job->release.time);
    entry->quiet = denied_before(engine, &job->note_hash) || (entry->heard && last->told);
}

/* A leaf, and a request that counts, are new, also where this very note was denied before: when a clock was wrong, or
 * in a batch that failed. */
static void judge_news(struct entry *entry, const struct machine_record *before, const struct decision *decision)
{
    entry->repeated = decision->kind == DECISION_REPEAT;
    entry->quiet |= entry->repeated && entry->heard;
    if (decision->kind == DECISION_GRANT || decision->record.requests != before->requests)
        entry->quiet = false;
}

/* ---- activation ---- */

/* One that never counted leaves no row, and one whose answer tells nothing new changes none. */
static RESULT put_row(struct engine *engine, const struct entry *entry, struct candidate *candidate)
{
    const struct job *const job = entry->job;
    if (candidate->row.record.first_request == 0 || entry->quiet)
        return RESULT_OK;
    memcpy(candidate->row.address, job->address, sizeof candidate->row.address);
    return fetched_put(&engine->fetched, engine->options.store, candidate->number, &job->request.machine,
                       &candidate->row, &engine->reason);
}

/* A request that counts is heard of no more under what the license replaces. */
static RESULT counted(struct engine *engine, const struct entry *entry, struct candidate *candidate)
{
    if (!entry->quiet && candidate->row.record.last_request == entry->vendor->ledger->now) {
        engine->rows_heard = entry->vendor->ledger->now;
        TRY(succession_move_count(engine, entry, candidate));
    }
    return put_row(engine, entry, candidate);
}

/* Counts a request under a license that did not have to answer it, by the rule of decide(). */
static RESULT count_only(struct engine *engine, struct entry *entry, const struct last_leaf *last,
                         struct candidate *candidate)
{
    candidate->row = fetched_of(&engine->fetched, candidate->number, &entry->machine)->row; /* its seat may be gone */
    struct machine_record *const record = &candidate->row.record;
    const struct request *const request = &entry->job->request;
    const seconds now = entry->vendor->ledger->now;
    if (!terms_in_time(request->time, now, entry->job->offline) || request->number <= last->number ||
        heard_before(&last->heard, request->number, request->time))
        return RESULT_OK;
    heard_raise(&record->heard, request->number, request->time);
    if (record->first_request == 0)
        record->first_request = now;
    record->last_request = now;
    record->requests++;
    entry->quiet = false;
    return counted(engine, entry, candidate);
}

/* Adds the leaf in engine->leaf, and says in the record where it stands. */
static RESULT add_leaf(struct engine *engine, struct entry *entry, struct machine_record *record)
{
    struct ledger *const ledger = entry->vendor->ledger;
    TRY(ledger_add(ledger, buffer_slice(&engine->leaf), &record->leaf));
    record->ledger = ledger->number;
    return RESULT_OK;
}

/* When the next seat is free, where this machine needs one and there is none; a minute old where many ask. */
static RESULT find_next_end(struct engine *engine, const struct candidate *candidate, const struct figures *figures,
                            seconds now, seconds *ret_time)
{
    const struct license *const license = &candidate->license->license;
    struct next_end *const kept = &engine->ends[candidate->number % ENDS_SLOTS];
    *ret_time = 0;
    if (record_holds(&candidate->row.record, now) || figures->held < license->seats + license->overage)
        return RESULT_OK;
    if (kept->license != candidate->number || kept->time <= now || now < kept->as_of ||
        now - kept->as_of > ENDS_KEPT_SECONDS) {
        struct next_end fresh = {.license = candidate->number, .as_of = now};
        TRY(store_next_end(engine->options.store, candidate->number, now, &fresh.time, &engine->reason));
        *kept = fresh;
    }
    *ret_time = kept->time;
    return RESULT_OK;
}

/* Decides under one license. On a grant the leaf is added; *ret_denied says whether the next license is to be tried. */
static RESULT decide_under(struct engine *engine, struct entry *entry, const struct last_leaf *last, bool blocked,
                           struct candidate *candidate, bool *ret_denied)
{
    const struct job *const job = entry->job;
    struct decision *const decision = &engine->decision;
    const struct ledger *const ledger = entry->vendor->ledger;
    struct figures figures;
    struct inherited inherited;
    seconds next_end;
    TRY(store_figures(engine->options.store, candidate->number, ledger->now, &figures, &engine->reason));
    TRY(succession_inherit(engine, entry, candidate, &figures, &inherited));
    TRY(find_next_end(engine, candidate, &figures, ledger->now, &next_end));
    const struct question question = {.license = &candidate->license->license,
                                      .replaced = candidate->replaced,
                                      .revoked = candidate->license->revoked,
                                      .blocked = blocked,
                                      .record = &candidate->row.record,
                                      .figures = &figures,
                                      .inherits = inherited.any,
                                      .held_before = inherited.held,
                                      .counted_before = inherited.counted,
                                      .request = &job->request,
                                      .note = job->note_hash,
                                      .last_number = last->number,
                                      .heard = last->heard,
                                      .other_until = last->other_until,
                                      .untold = is_untold(engine, ledger, &job->request, &candidate->row.record),
                                      .next_end = next_end,
                                      .offline = job->offline,
                                      .ledger = ledger->number,
                                      .now = ledger->now};
    decide(&question, decision);
    judge_news(entry, question.record, decision);
    candidate->row.record = decision->record;
    if (decision->kind == DECISION_GRANT) {
        buffer_clear(&engine->leaf);
        TRY(lease_write(&decision->lease, note_of(job), &engine->leaf));
        TRY(add_leaf(engine, entry, &candidate->row.record));
        TRY(succession_move_seat(engine, entry, candidate));
    }
    *ret_denied = decision->kind == DECISION_DENY;
    if (!*ret_denied) {
        entry->outcome = OUTCOME_LEASE;
        entry->leaf = candidate->row.record.leaf;
        entry->license = candidate->license;
    }
    return counted(engine, entry, candidate);
}

static RESULT deny_decided(struct engine *engine, struct entry *entry, const struct denial *denial,
                           const struct last_leaf *last)
{
    return denial->code == ERR_NUMBER_USED ? deny_used(engine, entry, denial, last) : deny(engine, entry, denial);
}

static bool is_in_force(const struct candidate *candidate)
{
    return !candidate->replaced && candidate->rank < RANK_NOT_YET;
}

/* One that has not begun, has ended or was revoked grants nothing: it is asked where there is no better one, for what
 * is to be said. It would count the request, too, which is the other's; and where it takes the place of that one later,
 * the machine would be two. */
static bool is_to_be_asked(const struct candidates *candidates, size_t i)
{
    return i == 0 || candidates->list[i].rank < RANK_NOT_YET;
}

/* A machine that has a lease takes none that ends earlier; what it was denied under the license of its own is the
 * answer. */
static bool is_refused(const struct request *request, const struct candidate *candidate)
{
    return candidate->rank == RANK_SHORTER && request->state == STATE_LICENSED;
}

static RESULT decide_under_all(struct engine *engine, struct entry *entry, const struct last_leaf *last,
                               struct candidates *candidates)
{
    const struct request *const request = &entry->job->request;
    const bool blocked = fetched_of(&engine->fetched, candidates->list[0].number, &request->machine)->blocked;
    bool denied = true;
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *const candidate = &candidates->list[i];
        if (!denied || (i > 0 && is_refused(request, candidate))) {
            if (is_in_force(candidate))
                TRY(count_only(engine, entry, last, candidate));
            continue;
        }
        if (!is_to_be_asked(candidates, i))
            continue;
        TRY(decide_under(engine, entry, last, blocked, candidate, &denied));
        if (denied && i == 0) {
            engine->first_denial = engine->decision.denial;
            entry->license = candidate->license;
        }
    }
    TRY(about_keep(engine, entry, last, candidates));
    return denied ? deny_decided(engine, entry, &engine->first_denial, last) : RESULT_OK;
}

/* Whether the host has what is asked for under licenses of the other mode alone. */
static bool is_of_other_mode(const struct entry *entry)
{
    const struct request *const request = &entry->job->request;
    return authority_other_mode_only(entry->vendor->vendor, request_offer(request), request_mode(request),
                                     entry->vendor->ledger->now);
}

/* There is no license to decide under. */
static RESULT deny_without(struct engine *engine, struct entry *entry)
{
    const enum error_code code =
        is_of_other_mode(entry) ? denial_other_mode(request_mode(&entry->job->request)) : ERR_NO_LICENSE;
    return deny_plainly(engine, entry, code, RETRY_NO_LICENSE);
}

static RESULT decide_activation(struct engine *engine, struct entry *entry)
{
    const struct request *const request = &entry->job->request;
    const struct catalog *const catalog = engine->catalog;
    entry->vendor = catalog_find(catalog, authority_find_vendor(catalog->authority, request->vendor));
    if (entry->vendor == NULL)
        return deny_plainly(engine, entry, ERR_NO_LICENSE, RETRY_NO_LICENSE);
    bool open;
    TRY(check_ledger(engine, entry, &request->host_key, &request->seen, &open));
    if (!open)
        return RESULT_OK;
    struct last_leaf last = last_leaf_find(engine, entry->vendor, request->product, &request->machine);
    struct candidates candidates;
    compare_heard(engine, entry, &last);
    candidates_rank(engine, entry->vendor, entry->job, entry->heard, &candidates);
    if (candidates.count == 0 || (candidates.list[0].rank >= RANK_ENDED && is_of_other_mode(entry)))
        return deny_without(engine, entry);
    struct denial denial;
    TRY(stranger_admit(engine, entry, &open, &denial));
    if (!open)
        return deny_unkept(engine, entry, &denial);
    last.other_until = other_hardware_until(engine, entry->vendor, entry->job);
    return decide_under_all(engine, entry, &last, &candidates);
}

/* ---- release ---- */

/* Takes the seat back: the record and its leaf. */
static RESULT take_back(struct engine *engine, struct entry *entry, uint32_t number, struct machine_row *row)
{
    buffer_clear(&engine->leaf);
    TRY(released_write(&engine->decision.released, note_of(entry->job), &engine->leaf));
    TRY(add_leaf(engine, entry, &row->record));
    memcpy(row->address, entry->job->address, sizeof row->address);
    return fetched_put(&engine->fetched, engine->options.store, number, &entry->machine, row, &engine->reason);
}

/* The decision is carried out, and the answer is the leaf that the row then names. */
static RESULT carry_out(struct engine *engine, struct entry *entry, uint32_t number, struct machine_row *row)
{
    judge_news(entry, &row->record, &engine->decision);
    row->record = engine->decision.record;
    if (!entry->repeated)
        TRY(take_back(engine, entry, number, row));
    if (!entry->repeated && engine->decision.frees && terms_releases_limited(&entry->license->license))
        TRY(store_return_add(engine->options.store, number, RETURN_RELEASE, entry->vendor->ledger->now,
                             &engine->reason));
    entry->outcome = OUTCOME_RELEASED;
    entry->leaf = row->record.leaf;
    return RESULT_OK;
}

static RESULT decide_release_under(struct engine *engine, struct entry *entry, uint32_t number)
{
    const struct release *const release = &entry->job->release;
    const struct license *const license = &entry->license->license;
    const struct ledger *const ledger = entry->vendor->ledger;
    const struct last_leaf last = last_leaf_find(engine, entry->vendor, license->product, &release->machine);
    struct machine_row row = fetched_of(&engine->fetched, number, &release->machine)->row;
    struct figures figures;
    uint64_t returns = 0;
    compare_heard(engine, entry, &last);
    if (terms_releases_limited(license))
        TRY(store_returns(engine->options.store, number, RETURN_RELEASE, ledger->now - RETURNS_WINDOW, &returns,
                          &engine->reason));
    TRY(store_figures(engine->options.store, number, ledger->now, &figures, &engine->reason));
    const struct question question = {.license = license,
                                      .record = &row.record,
                                      .figures = &figures,
                                      .release = release,
                                      .note = entry->job->note_hash,
                                      .last_number = last.number,
                                      .heard = last.heard,
                                      .returns = returns,
                                      .ledger = ledger->number,
                                      .now = ledger->now};
    decide_release(&question, &engine->decision);
    if (engine->decision.kind != DECISION_DENY)
        return carry_out(engine, entry, number, &row);
    if (engine->decision.denial.code == ERR_NUMBER_USED && !entry->quiet && row.record.first_request > 0) {
        row.record.last_denial = ERR_NUMBER_USED;
        TRY(fetched_put(&engine->fetched, engine->options.store, number, &entry->machine, &row, &engine->reason));
    }
    return deny_decided(engine, entry, &engine->decision.denial, &last);
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
    TRY(check_ledger(engine, entry, &release->host_key, &release->seen, &open));
    if (!open)
        return RESULT_OK;
    return decide_release_under(engine, entry, entry->vendor->licenses[entry->license - vendor->licenses]);
}

/* ---- what the store is asked for beforehand ---- */

static RESULT prepare_activation(struct engine *engine, const struct request *request)
{
    const struct catalog *const catalog = engine->catalog;
    const struct catalog_vendor *const vendor =
        catalog_find(catalog, authority_find_vendor(catalog->authority, request->vendor));
    return vendor == NULL ? RESULT_OK : candidates_want(engine, vendor, request->product, &request->machine);
}

static RESULT prepare_giving_back(struct engine *engine, const struct release *release)
{
    const struct catalog *const catalog = engine->catalog;
    const struct authority_vendor *vendor = NULL;
    const struct authority_license *const license =
        authority_find_license(catalog->authority, release->license, &vendor);
    if (license == NULL)
        return RESULT_OK;
    return candidates_want(engine, catalog_find(catalog, vendor), license->license.product, &release->machine);
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
