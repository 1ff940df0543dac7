/*
 * The rules of the host: license, what is known of the machine, figures, request, now -> lease or denial.
 *
 * decide() is total and pure; it changes nothing. What must be remembered afterwards it returns, and the caller stores
 * it in one transaction with the leaf. The rules are tried in this order:
 *
 *   1. the machine must not be blocked                            machine-blocked
 *   2. the license must not be revoked                            license-revoked
 *   3. the license must have begun, and not have ended            not-yet-valid, license-ended
 *   4. both clocks within CLOCK_TOLERANCE of each other; a file that the operator answers may be
 *      OFFLINE_MAX old                                             clock-apart, file-too-old
 *   5. the same request again, byte for byte, while its lease runs in this ledger: the same lease
 *   6. its number must be above that of the last leaf, and where no lease runs it must not have been
 *      heard before                                               number-used
 *   7. the newest lease by which it has a seat for the product must describe its hardware, so that one
 *      key has one seat for one machine                           other-hardware
 *   8. the count must reach the threshold, if there is one        below-threshold
 *   9. a seat must be free, or be this machine's already; where the license has taken the seats of those
 *      that it replaces, and they are more than its own, nobody gets one until they fit
 *                                                                 no-seats
 *  10. where a new lease would not end later than the one that runs in this ledger, or the request was
 *      heard before, or the license is replaced: that one again
 *  11. there is one new lease in terms_pace() for each machine, license and ledger; but one that says
 *      that it has none gets LEASES_AT_ONCE together. Beyond that the lease that runs, again; where
 *      none does                                                  asked-too-often
 *
 * But where a request has seen an epoch of the ledger that has ended, and the leaf of the running lease does not say
 * so, there is a new one though it ends no later: a machine takes the epoch for nothing less
 * (client/activation/history.h). It is one that was set back to what it had before the epoch, or has lost what it was
 * answered since.
 *
 * A first lease of a machine whose seat was reclaimed ends no earlier than the lease that it still has, and would not
 * give up for a shorter one.
 *
 * A request counts towards the threshold, whatever it is answered, where its clock agrees, its number is unused and it
 * was not heard before: so a recorded one is worth nothing, and a release that somebody held back is worth nothing once
 * the machine has asked again.
 *
 * A release is answered by the same rules 4, 5 and 6, and frees a seat that is held (release-nothing); where more of
 * the license's seats came back within 30 days than it allows, the seat is held until its leases would have ended. So
 * is one that the operator reclaims.
 */
#ifndef CORE_RULES_DECIDE_H
#define CORE_RULES_DECIDE_H

#include "base/hash.h"
#include "core/documents/documents.h"
#include "core/rules/clock.h"

#define COUNT_WINDOW ((seconds)30 * DAY)

/* How long a host remembers a machine: from its last request, the end of its seat and the end of its lease, given back
 * or not. Whatever it signed before is too old to be answered by then, also as a file; and it counts no more. */
#define RECORD_KEPT OFFLINE_MAX

enum { LEASES_AT_ONCE = 5 };

/* What a host has heard of a machine: the highest number, and the latest time by the machine's own clock, of what was
 * counted. */
struct heard {
    uint64_t number;
    seconds time;
};
/* Whether a note with these is none that came later: it was recorded, and is sent by somebody else or a second time. A
 * machine whose numbers were set back goes on by its time, and one whose clock was by its numbers. */
bool heard_before(const struct heard *heard, uint64_t number, seconds time);
void heard_raise(struct heard *heard, uint64_t number, seconds time);

/* What the host knows of one machine under one license. All zero: nothing. */
struct machine_record {
    seconds first_request; /* 0: never asked */
    seconds last_request;
    uint64_t requests;
    seconds issued;       /* of the last lease; 0: never had one */
    seconds ends;         /* the same: its own end; where it was released, the latest of those that held the seat */
    seconds expires;      /* until when the seat is held, as seat_until() has it; the moment of release where it was
                             released or reclaimed, where that made it free */
    bool released;        /* the last leaf is its release */
    bool renewed;         /* the machine held its seat already when it got the last lease */
    seconds paced;        /* when all leases that it got in that ledger would have been granted at the license's pace:
                             each adds terms_pace() */
    uint64_t number;      /* of the request or release that led to the last leaf; 0: there is none */
    struct heard heard;   /* whether it led to a leaf or not */
    struct hash note;     /* SHA-256 of it, as it was signed */
    uint64_t leaf;        /* where that leaf stands: its index, */
    uint32_t ledger;      /* and the ledger, by the store's number; both are the caller's, and 0 where there was none */
    uint32_t last_denial; /* error_code of the last answer; 0: it was a lease, or a release was taken */
    /* Where the leaf stands by which the operator took back the seat of the last lease, in the same way; `ledger` 0:
     * nobody did. */
    struct reclaim_place {
        uint32_t ledger;
        uint64_t leaf;
    } reclaimed;
    /* Of what the last lease describes; all zero: its leaf tells. */
    struct hardware_mark hardware;
};
/* Whether the last lease was reclaimed. */
static inline bool record_is_reclaimed(const struct machine_record *record)
{
    return record->reclaimed.ledger != 0;
}

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
/* Until when a machine holds its seat that held it until then, and gets a lease with that end. A lease cannot be
 * un-issued: one that ends earlier, as where a ledger was begun again because its clock had been ahead, takes nothing
 * back. Host and audit both count by this. */
static inline seconds seat_until(seconds held_until, seconds lease_end)
{
    return held_until > lease_end ? held_until : lease_end;
}
/* Whether a machine that holds a seat, or does not, is to wait until those are fewer. */
static inline bool seats_taken(uint64_t held, uint64_t seats, bool holds, bool inherits)
{
    return holds ? inherits && held > seats : held >= seats;
}
/* The same of a record. */
bool record_counts(const struct machine_record *record, seconds now);
bool record_holds(const struct machine_record *record, seconds now);
/* Whether its last lease runs, with its seat, and stands in that ledger: then it may be given again. */
bool record_runs(const struct machine_record *record, uint32_t ledger, seconds now);

/* What is to be decided. All pointers borrowed. */
struct question {
    const struct license *license;
    bool revoked;  /* as the vendor has said */
    bool blocked;  /* as the operator has */
    bool replaced; /* another license has taken its place: nothing but the lease that runs is given */
    const struct machine_record *record;
    const struct figures *figures; /* with those of the licenses that it replaces */
    bool inherits;                 /* there are such ones; and under one of them the machine */
    seconds held_before;           /* holds a seat until then, the latest; 0: it does not */
    bool counted_before;           /* counts */
    const struct request *request; /* verified; its vendor, product, edition and mode must be the license's (an
                                      assertion: the caller chose the license by them) */
    const struct release *release; /* instead, of decide_release() */
    struct hash note;              /* SHA-256 of the one or the other, as it was signed */
    uint64_t last_number;          /* of the last leaf of this key and product, under whichever license; 0: none */
    struct heard heard;            /* the same, of all that was heard */
    seconds other_until;           /* the key has a seat for the product until then, under whichever license, and the
                                      newest lease by which it has one describes other hardware; 0: it does not */
    bool untold;                   /* it has seen an epoch that has ended, and the leaf of the running lease does not
                                      say that */
    seconds next_end;              /* when the next seat of the license is free; 0: not known */
    uint64_t returns;              /* of a release: seats of the license that releases made free within
                                      RETURNS_WINDOW */
    bool offline;                  /* the operator answers a file, which took its time; a lease says so */
    uint32_t ledger;               /* that would be written to, by the store's number */
    seconds now;                   /* the host's clock */
};

enum decision_kind {
    DECISION_GRANT,  /* `lease` (or `released`) is to be written as a leaf, with the note */
    DECISION_REPEAT, /* the leaf at record->leaf is the answer; no new one */
    DECISION_DENY    /* `denial` is the answer */
};

struct decision {
    enum decision_kind kind;
    struct lease lease; /* its own lines; the request is in the note */
    struct released released;
    bool frees; /* of a release that is granted: the seat is free at once */
    struct denial denial;
    struct machine_record record; /* to store; of a grant, `leaf` and `ledger` are for the caller to fill in */
    struct figures figures;       /* after this */
};

void decide(const struct question *question, struct decision *ret_decision);

/* The answer to a release: the leaf to write, and the record and figures to remember. */
void decide_release(const struct question *question, struct decision *ret_decision);

/* What becomes of a seat that the operator wants back. */
enum reclaim_kind {
    RECLAIM_NOTHING, /* the machine holds none, or has given it back and it is on its way; nothing changes */
    RECLAIM_AGAIN,   /* it was reclaimed before, and cannot come back earlier now; nothing changes */
    RECLAIM_FREES,   /* it is free at once */
    RECLAIM_FIRST,   /* the same, and it is none of those that are counted: the machine has never renewed */
    RECLAIM_LOGS     /* more were reclaimed within 30 days than the license allows: it comes back at record.expires */
};
/* The same for a reclaim by the operator, where `before` seats of the license were so made free within RETURNS_WINDOW.
 * The record is as it is to be stored; `reclaimed` is for the caller to fill in. */
enum reclaim_kind decide_reclaim(const struct license *license, uint64_t before, seconds now,
                                 struct machine_record *record);

/* Why a machine whose product key wants that mode gets nothing where the licenses are of the other: VOLUME_ONLY,
 * COUNTED_ONLY. */
enum error_code denial_other_mode(enum license_mode wanted);
/* A denial with its sentence from the error table and nothing else; for answers outside decide(). */
struct denial denial_make(enum error_code code, seconds retry_after);

#endif
