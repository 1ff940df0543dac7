/* The rules of the host; see decide.h. The order of the rules in decide() is the order of the list there. */
#include "core/rules/decide.h"

#include "core/documents/offer.h"
#include "core/rules/explain.h"
#include "core/rules/terms.h"

#include <assert.h>
#include <string.h>

bool heard_before(const struct heard *heard, uint64_t number, seconds time)
{
    return number <= heard->number && time <= heard->time;
}

void heard_raise(struct heard *heard, uint64_t number, seconds time)
{
    if (number > heard->number)
        heard->number = number;
    if (time > heard->time)
        heard->time = time;
}

bool record_counts(const struct machine_record *record, seconds now)
{
    return request_counts(record->last_request, now);
}

bool record_holds(const struct machine_record *record, seconds now)
{
    return lease_holds(record->expires, now);
}

bool record_runs(const struct machine_record *record, uint32_t ledger, seconds now)
{
    return record->issued > 0 && !record->released && !record_is_reclaimed(record) && record->ledger == ledger &&
           record_holds(record, now) && lease_holds(record->ends, now);
}

struct denial denial_make(enum error_code code, seconds retry_after)
{
    struct denial denial = {.code = code, .retry_after = retry_after};
    explain_denial(&denial);
    return denial;
}

enum error_code denial_other_mode(enum license_mode wanted)
{
    return wanted == LICENSE_COUNTED ? ERR_VOLUME_ONLY : ERR_COUNTED_ONLY;
}

static seconds time_of(const struct question *question)
{
    return question->request != NULL ? question->request->time : question->release->time;
}

static uint64_t number_of(const struct question *question)
{
    return question->request != NULL ? question->request->number : question->release->number;
}

static bool is_in_time(const struct question *question)
{
    return terms_in_time(time_of(question), question->now, question->offline);
}

static bool was_heard(const struct question *question)
{
    return heard_before(&question->heard, number_of(question), time_of(question));
}

static void deny(const struct question *question, enum error_code code, struct decision *decision)
{
    decision->kind = DECISION_DENY;
    decision->denial = denial_make(code, question->license->retry);
    if (decision->record.first_request > 0) /* one that never counted leaves no record */
        decision->record.last_denial = (uint32_t)code;
}

static void deny_until(const struct question *question, enum error_code code, seconds date, struct decision *decision)
{
    deny(question, code, decision);
    struct denial *denial = &decision->denial;
    denial->has_date = true;
    denial->date = date;
    explain_denial(denial);
}

/* The clocks, or how long the file took. */
static void deny_time(const struct question *question, struct decision *decision)
{
    if (question->offline && time_of(question) < question->now) {
        deny(question, ERR_FILE_TOO_OLD, decision);
        return;
    }
    deny(question, ERR_CLOCK_APART, decision);
    struct denial *denial = &decision->denial;
    denial->has_clocks = true;
    denial->host_time = question->now;
    denial->machine_time = time_of(question);
    explain_denial(denial);
}

static void deny_threshold(const struct question *question, struct decision *decision)
{
    deny(question, ERR_BELOW_THRESHOLD, decision);
    struct denial *denial = &decision->denial;
    denial->has_count = true;
    denial->count = decision->figures.count;
    denial->threshold = question->license->threshold;
    explain_denial(denial);
}

static void deny_often(const struct question *question, seconds early, struct decision *decision)
{
    deny(question, ERR_ASKED_TOO_OFTEN, decision);
    struct denial *denial = &decision->denial;
    denial->retry_after = early;
    denial->has_date = true;
    denial->date = question->now + early;
    explain_denial(denial);
}

static void deny_seats(const struct question *question, uint64_t seats, struct decision *decision)
{
    deny(question, ERR_NO_SEATS, decision);
    struct denial *denial = &decision->denial;
    denial->has_seats = true;
    denial->seats = seats;
    denial->held = decision->figures.held;
    denial->has_date = question->next_end > 0;
    denial->date = question->next_end;
    explain_denial(denial);
}

/* The seat of a license that is replaced is one of the license that replaces it: until when the machine holds it. */
static seconds held_until(const struct question *question)
{
    return seat_until(question->record->expires, question->held_before);
}

static bool holds_seat(const struct question *question)
{
    return lease_holds(held_until(question), question->now);
}

static seconds end_of(const struct question *question, bool first)
{
    const struct lease_case of = {&question->request->hardware, first};
    return terms_end(question->license, &of, question->now);
}

static seconds earlier(seconds a, seconds b)
{
    return a < b ? a : b;
}

/* When a new lease would end. A machine whose seat was taken back still has the lease, and would refuse one that ends
 * earlier: so also where it is a first one, it ends as late as that. */
static seconds ends_at(const struct question *question)
{
    const bool first = !holds_seat(question);
    const seconds end = end_of(question, first);
    if (!first || !record_is_reclaimed(question->record))
        return end;
    const seconds has = earlier(question->record->ends, end_of(question, false));
    return has > end ? has : end;
}

/* Until when the leases of this machine are paced; those of another ledger are none of this one's. */
static seconds paced_until(const struct question *question)
{
    const struct machine_record *const record = question->record;
    return record->ledger == question->ledger && record->paced > question->now ? record->paced : question->now;
}

static seconds pace(const struct question *question)
{
    return terms_pace(question->license, &question->request->hardware, ends_at(question) - question->now);
}

/* How long it is until the next lease may be granted; 0: now. What a machine says of its state is believed for as much
 * as that gives: a few leases earlier, and no more of them. */
static seconds too_early(const struct question *question)
{
    const bool has_none = question->request->state != STATE_LICENSED || question->untold;
    const seconds at_once = has_none ? (LEASES_AT_ONCE - 1) * pace(question) : 0;
    const seconds left = paced_until(question) - question->now - at_once;
    return left > 0 ? left : 0;
}

static void grant(const struct question *question, struct decision *decision)
{
    const struct license *license = question->license;
    struct lease *lease = &decision->lease;
    decision->kind = DECISION_GRANT;
    memcpy(lease->license, license->id, sizeof lease->license);
    lease->offline = question->offline;
    lease->issued = question->now;
    lease->expires = ends_at(question);
    lease->renew_after = terms_renewal(license, &question->request->hardware, lease->expires - lease->issued);
    lease->retry_after = license->retry;
    lease->features = license->features;

    if (!holds_seat(question))
        decision->figures.held++;
    struct machine_record *record = &decision->record;
    record->issued = lease->issued;
    record->ends = lease->expires;
    record->expires = seat_until(held_until(question), lease->expires);
    record->released = false;
    record->renewed = holds_seat(question);
    record->paced = paced_until(question) + pace(question);
    record->reclaimed = (struct reclaim_place){0};
    record->number = question->request->number;
    record->note = question->note;
    record->hardware = hardware_mark(&question->request->hardware);
    record->leaf = 0;
    record->ledger = 0;
    record->last_denial = OK;
}

/* A request counts, whatever it is answered, in time, with an unused number and the first time that it is heard. */
static void count_request(const struct question *question, struct decision *decision)
{
    if (!is_in_time(question) || number_of(question) <= question->last_number || was_heard(question))
        return;
    heard_raise(&decision->record.heard, number_of(question), time_of(question));
    if (!question->counted_before && !record_counts(question->record, question->now))
        decision->figures.count++;
    if (decision->record.first_request == 0)
        decision->record.first_request = question->now;
    decision->record.last_request = question->now;
    decision->record.requests++;
}

static bool runs_here(const struct question *question)
{
    return record_runs(question->record, question->ledger, question->now);
}

static bool is_last_note(const struct question *question)
{
    return question->record->number == number_of(question) && hash_equal(&question->record->note, &question->note);
}

static void repeat(struct decision *decision)
{
    decision->kind = DECISION_REPEAT;
    decision->record.last_denial = OK;
}

/* Whether a new leaf says more than that of the lease that runs. */
static bool says_more(const struct question *question)
{
    return question->untold || ends_at(question) > question->record->ends;
}

/* A new lease, or the one that runs where that says as much. */
static void give(const struct question *question, struct decision *decision)
{
    const seconds early = too_early(question);
    if (runs_here(question) && (question->replaced || was_heard(question) || !says_more(question) || early > 0))
        repeat(decision);
    else if (early > 0)
        deny_often(question, early, decision);
    else
        grant(question, decision);
}

static void begin(const struct question *question, struct decision *ret_decision)
{
    memset(ret_decision, 0, sizeof *ret_decision);
    ret_decision->figures = *question->figures;
    ret_decision->record = *question->record;
}

void decide(const struct question *question, struct decision *ret_decision)
{
    const struct license *license = question->license;
    const uint64_t seats = license->seats + license->overage;
    const seconds now = question->now;
    assert(offer_equal(request_offer(question->request), license_offer(license)));
    assert(request_mode(question->request) == license->mode);
    begin(question, ret_decision);
    count_request(question, ret_decision);
    if (question->blocked)
        deny(question, ERR_MACHINE_BLOCKED, ret_decision);
    else if (question->revoked)
        deny(question, ERR_LICENSE_REVOKED, ret_decision);
    else if (now < license->not_before)
        deny_until(question, ERR_NOT_YET_VALID, license->not_before, ret_decision);
    else if (now >= license->not_after)
        deny_until(question, ERR_LICENSE_ENDED, license->not_after, ret_decision);
    else if (!is_in_time(question))
        deny_time(question, ret_decision);
    else if (runs_here(question) && is_last_note(question))
        repeat(ret_decision);
    else if (number_of(question) <= question->last_number || (was_heard(question) && !runs_here(question)))
        deny(question, ERR_NUMBER_USED, ret_decision);
    else if (question->other_until > now)
        deny_until(question, ERR_OTHER_HARDWARE, question->other_until, ret_decision);
    else if (ret_decision->figures.count < license->threshold)
        deny_threshold(question, ret_decision);
    else if (seats_taken(question->figures->held, seats, holds_seat(question), question->inherits))
        deny_seats(question, seats, ret_decision);
    else
        give(question, ret_decision);
}

static void take_back(const struct question *question, struct decision *decision)
{
    decision->kind = DECISION_GRANT;
    decision->released.released = question->now;
    struct machine_record *record = &decision->record;
    record->released = true;
    record->reclaimed = (struct reclaim_place){0};
    decision->frees = terms_release_frees(question->license, question->returns);
    if (decision->frees) {
        record->ends = record->expires; /* that of an earlier lease, where it would have held the seat for longer */
        record->expires = question->now;
    }
    record->number = question->release->number;
    heard_raise(&record->heard, record->number, question->release->time);
    record->note = question->note;
    record->leaf = 0;
    record->ledger = 0;
    record->last_denial = OK;
    if (decision->frees && decision->figures.held > 0)
        decision->figures.held--;
}

void decide_release(const struct question *question, struct decision *ret_decision)
{
    const struct machine_record *record = question->record;
    begin(question, ret_decision);
    if (!clock_agrees(time_of(question), question->now))
        deny_time(question, ret_decision);
    else if (record->released && record->ledger == question->ledger && is_last_note(question))
        repeat(ret_decision);
    else if (number_of(question) <= question->last_number || was_heard(question))
        deny(question, ERR_NUMBER_USED, ret_decision);
    else if (record->released || !record_holds(record, question->now))
        deny(question, ERR_RELEASE_NOTHING, ret_decision);
    else
        take_back(question, ret_decision);
}

enum reclaim_kind decide_reclaim(const struct license *license, uint64_t before, seconds now,
                                 struct machine_record *record)
{
    if (!record_holds(record, now) || record->released)
        return RECLAIM_NOTHING;
    const bool counts = terms_reclaim_counts(license, record->renewed);
    if (!counts || terms_reclaim_frees(license, before)) {
        record->expires = now;
        return counts ? RECLAIM_FREES : RECLAIM_FIRST;
    }
    return record_is_reclaimed(record) ? RECLAIM_AGAIN : RECLAIM_LOGS;
}
