/* The rules of the host; see decide.h. The order of the rules in decide() is the order of the list there. */
#include "core/rules/decide.h"

#include "core/documents/offer.h"
#include "core/rules/terms.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool record_counts(const struct machine_record *record, seconds now)
{
    return request_counts(record->last_request, now);
}

bool record_holds(const struct machine_record *record, seconds now)
{
    return lease_holds(record->expires, now);
}

struct denial denial_make(enum error_code code, seconds retry_after)
{
    struct denial denial = {.code = code, .retry_after = retry_after};
    snprintf(denial.message, sizeof denial.message, "%s", error_info(code)->sentence);
    return denial;
}

/* Everything that the rules look at. */
struct question {
    const struct license *license;
    const struct machine_record *record; /* before this request */
    const struct request *request;
    seconds now;
};

static void deny(const struct question *question, enum error_code code, struct decision *decision)
{
    decision->kind = DECISION_DENY;
    decision->denial = denial_make(code, question->license->retry);
    decision->record.last_denial = (uint32_t)code;
}

static void deny_outside_term(const struct question *question, enum error_code code, seconds date,
                              struct decision *decision)
{
    deny(question, code, decision);
    struct denial *denial = &decision->denial;
    char text[TIME_TEXT_SIZE];
    time_write(date, text);
    denial->has_date = true;
    denial->date = date;
    snprintf(denial->message, sizeof denial->message,
             code == ERR_NOT_YET_VALID ? "The license of this host for the product begins on %s; try again then."
                                       : "The license of this host for the product ended on %s; "
                                         "the operator needs a new one from the vendor.",
             text);
}

static void deny_clocks(const struct question *question, struct decision *decision)
{
    deny(question, ERR_CLOCK_APART, decision);
    struct denial *denial = &decision->denial;
    denial->has_clocks = true;
    denial->host_time = question->now;
    denial->machine_time = question->request->time;
    char host[TIME_TEXT_SIZE];
    char machine[TIME_TEXT_SIZE];
    time_write(denial->host_time, host);
    time_write(denial->machine_time, machine);
    snprintf(denial->message, sizeof denial->message,
             "It is %s on the host and %s on this machine, more than four hours apart; set the wrong clock and try "
             "again.",
             host, machine);
}

static void deny_threshold(const struct question *question, struct decision *decision)
{
    deny(question, ERR_BELOW_THRESHOLD, decision);
    struct denial *denial = &decision->denial;
    denial->has_count = true;
    denial->count = decision->figures.count;
    denial->threshold = question->license->threshold;
    snprintf(denial->message, sizeof denial->message,
             "%" PRIu64 " of the %" PRIu64
             " machines that the license asks for have asked this host so far; this one has "
             "been counted and activates by itself once the threshold is reached.",
             denial->count, denial->threshold);
}

static void deny_seats(const struct question *question, uint64_t seats, struct decision *decision)
{
    deny(question, ERR_NO_SEATS, decision);
    struct denial *denial = &decision->denial;
    denial->has_seats = true;
    denial->seats = seats;
    denial->held = decision->figures.held;
    snprintf(denial->message, sizeof denial->message,
             "%" PRIu64 " machines hold the %" PRIu64 " seats of the license; release a machine that is not needed, or "
             "buy more seats.",
             denial->held, denial->seats);
}

static seconds earlier(seconds a, seconds b)
{
    return a < b ? a : b;
}

static void grant(const struct question *question, struct decision *decision)
{
    const struct license *license = question->license;
    const struct request *request = question->request;
    struct lease *lease = &decision->lease;
    decision->kind = DECISION_GRANT;
    memcpy(lease->license, license->id, sizeof lease->license);
    memcpy(lease->vendor, license->vendor, sizeof lease->vendor);
    memcpy(lease->product, license->product, sizeof lease->product);
    memcpy(lease->edition, license->edition, sizeof lease->edition);
    lease->machine = request->machine;
    lease->hardware = request->hardware;
    lease->nonce = request->nonce;
    lease->lock = request->lock;
    lease->issued = question->now;
    lease->expires = earlier(question->now + license->lease, license->not_after);
    lease->renew_after = terms_renewal(license, lease->expires - lease->issued);
    lease->retry_after = license->retry;
    lease->features = license->features;

    if (!record_holds(question->record, question->now))
        decision->figures.held++;
    struct machine_record *record = &decision->record;
    record->issued = lease->issued;
    record->expires = lease->expires;
    record->released = false;
    record->leaf = 0;
    record->ledger = 0;
    record->nonce = request->nonce;
    record->lock = request->lock;
    record->last_denial = OK;
}

/* Every request counts, whatever it is answered. */
static void count_request(const struct question *question, const struct figures *figures, struct decision *decision)
{
    decision->figures = *figures;
    if (!record_counts(question->record, question->now))
        decision->figures.count++;
    decision->record = *question->record;
    if (decision->record.first_request == 0)
        decision->record.first_request = question->now;
    decision->record.last_request = question->now;
    decision->record.requests++;
}

/* Whether the request is one that was answered with the lease still running: its answer was lost on the way. */
static bool is_repeated(const struct question *question)
{
    const struct machine_record *record = question->record;
    return record->issued > 0 && !record->released && record_holds(record, question->now) &&
           memcmp(record->nonce.bytes, question->request->nonce.bytes, NONCE_SIZE) == 0;
}

void decide(const struct license *license, bool revoked, bool blocked, const struct machine_record *record,
            const struct figures *figures, const struct request *request, seconds now, struct decision *ret_decision)
{
    assert(offer_equal(request_offer(request), license_offer(license)));
    const struct question question = {license, record, request, now};
    const uint64_t seats = license->seats + license->overage;
    memset(ret_decision, 0, sizeof *ret_decision);
    count_request(&question, figures, ret_decision);

    if (blocked) {
        deny(&question, ERR_MACHINE_BLOCKED, ret_decision);
    } else if (revoked) {
        deny(&question, ERR_LICENSE_REVOKED, ret_decision);
    } else if (now < license->not_before) {
        deny_outside_term(&question, ERR_NOT_YET_VALID, license->not_before, ret_decision);
    } else if (now >= license->not_after) {
        deny_outside_term(&question, ERR_LICENSE_ENDED, license->not_after, ret_decision);
    } else if (!clock_agrees(request->time, now)) {
        deny_clocks(&question, ret_decision);
    } else if (is_repeated(&question)) {
        ret_decision->kind = DECISION_REPEAT;
        ret_decision->record.last_denial = OK;
    } else if (ret_decision->figures.count < license->threshold) {
        deny_threshold(&question, ret_decision);
    } else if (!record_holds(record, now) && figures->held >= seats) {
        deny_seats(&question, seats, ret_decision);
    } else {
        grant(&question, ret_decision);
    }
}

RESULT decide_release(const struct machine_record *record, const struct figures *figures, const struct release *release,
                      seconds now, struct released *ret_released, struct machine_record *ret_record,
                      struct figures *ret_figures)
{
    ENSURE(!record->released && record_holds(record, now), RELEASE_NOTHING);
    const struct hash lock = hash_of(slice_make(release->secret, RELEASE_SECRET_SIZE));
    ENSURE(hash_equal(&lock, &record->lock), RELEASE_SECRET);
    struct released released = {.machine = release->machine, .released = now};
    memcpy(released.license, release->license, sizeof released.license);
    memcpy(released.secret, release->secret, sizeof released.secret);
    struct machine_record after = *record;
    after.released = true;
    after.expires = now;
    struct figures fewer = *figures;
    if (fewer.held > 0)
        fewer.held--;
    *ret_released = released;
    *ret_record = after;
    *ret_figures = fewer;
    return RESULT_OK;
}
