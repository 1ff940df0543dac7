/*
 * The rules of the host: license, what is known of the machine, figures, request, now -> lease or denial.
 *
 * decide() is total and pure; it changes nothing. What must be remembered afterwards it returns, and the caller stores
 * it in one transaction with the leaf. The rules are tried in this order:
 *
 *   1. the machine must not be blocked                            machine-blocked
 *   2. the license must not be revoked                            license-revoked
 *   3. the license must have begun, and not have ended            not-yet-valid, license-ended
 *   4. both clocks within CLOCK_TOLERANCE of each other           clock-apart
 *   5. the same nonce again while its lease runs: the same lease
 *   6. the count must reach the threshold                         below-threshold
 *   7. a seat must be free, or be this machine's already          no-seats
 *
 * Every well-formed request counts towards the threshold, whatever it is answered.
 */
#ifndef CORE_RULES_DECIDE_H
#define CORE_RULES_DECIDE_H

#include "base/hash.h"
#include "core/documents/documents.h"
#include "core/rules/clock.h"

#define COUNT_WINDOW ((seconds)30 * DAY)

/* What the host knows of one machine under one license. All zero: nothing. */
struct machine_record {
    seconds first_request; /* 0: never asked */
    seconds last_request;
    uint64_t requests;
    seconds issued;  /* of the last lease; 0: never had one */
    seconds expires; /* of the last lease; the moment of release where it was released */
    bool released;
    uint64_t leaf;   /* where the last lease stands: its index, */
    uint32_t ledger; /* and the ledger, by the store's number; both are the caller's, and 0 where there was none */
    struct nonce nonce;
    struct hash lock;
    uint32_t last_denial; /* error_code of the last answer; 0: it was a lease */
};

/* What the host knows of one license, as of `now`. */
struct figures {
    uint64_t count; /* machines with last_request > now - COUNT_WINDOW */
    uint64_t held;  /* machines with expires > now */
};

/* Whether a machine with these times is in those figures; the one place that says so. */
static inline bool request_counts(seconds last_request, seconds now)
{
    return last_request > 0 && last_request > now - COUNT_WINDOW;
}
static inline bool lease_holds(seconds expires, seconds now)
{
    return expires > now;
}
/* The same of a record. */
bool record_counts(const struct machine_record *record, seconds now);
bool record_holds(const struct machine_record *record, seconds now);

enum decision_kind {
    DECISION_GRANT,  /* `lease` is to be written as a leaf */
    DECISION_REPEAT, /* the lease at leaf record->leaf is the answer; no new leaf */
    DECISION_DENY    /* `denial` is the answer */
};

struct decision {
    enum decision_kind kind;
    struct lease lease;
    struct denial denial;
    struct machine_record record; /* to store; of a grant, `leaf` is for the caller to fill in */
    struct figures figures;       /* after this request */
};

/* `blocked` and `revoked`: as the operator and the vendor have said. `now`: the host's clock. The request's vendor,
 * product and edition must be the license's (an assertion: the caller chose the license by them). */
void decide(const struct license *license, bool revoked, bool blocked, const struct machine_record *record,
            const struct figures *figures, const struct request *request, seconds now, struct decision *ret_decision);

/* The answer to a release. RELEASE_NOTHING where no lease is held, RELEASE_SECRET where the secret is not the lock's.
 * On success the leaf to write, and the record and figures to remember. */
RESULT decide_release(const struct machine_record *record, const struct figures *figures, const struct release *release,
                      seconds now, struct released *ret_released, struct machine_record *ret_record,
                      struct figures *ret_figures);

/* A denial with its sentence from the error table and nothing else; for answers outside decide(). */
struct denial denial_make(enum error_code code, seconds retry_after);

#endif
