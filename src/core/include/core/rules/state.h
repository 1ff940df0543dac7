/*
 * The states of the machine: first run, lease, now -> state. Pure and total.
 *
 *   a lease is believed, now < expires                 licensed, until it expires
 *   ... now < expires + EXPIRED_GRACE                  expired-grace, until then
 *   ... later                                          notification
 *   a lease is there, but a link of its chain breaks   unlicensed
 *   no lease, within the product's initial grace       grace, until it ends
 *   ... after it                                       notification
 *   ... the first run lies ahead                       grace, as if it were now
 *   ... no first run known, or a product without grace unlicensed
 *   ... the clock was never set                        grace, of which nothing is used up
 *
 * Initial grace is for a machine that has not activated yet, so a lease that does not hold (altered, another machine's,
 * revoked) is not answered with more of it.
 *
 * A machine without a battery shows 1970 until somebody tells it the time, and one whose battery is failing shows
 * anything: neither takes anything from it. docs/states.md has the table of transitions as a picture.
 */
#ifndef CORE_RULES_STATE_H
#define CORE_RULES_STATE_H

#include "core/documents/documents.h"

#define EXPIRED_GRACE ((seconds)30 * DAY)

/* What is known of a product on this machine. */
struct standing {
    seconds grace;     /* of the product */
    seconds first_run; /* 0: not known, or not recorded */
    enum lease_standing {
        LEASE_NONE,
        LEASE_DOUBTED, /* a link of its chain does not hold */
        LEASE_HELD     /* every link holds */
    } lease;
    seconds expires; /* of a lease held */
    seconds now;
};

struct evaluation {
    enum machine_state state;
    seconds until; /* when the state ends by itself; 0: never */
};

struct evaluation evaluate(const struct standing *standing);

/* Whether the first run is to be written down, or written down anew because it lies ahead: from such a one grace would
 * have no end. Not under a clock that was never set. */
bool first_run_is_due(const struct standing *standing);

/* From which state to which other one a product can come, and by what. */
struct transition {
    enum machine_state from;
    enum machine_state to;
    const char *by; /* in English, for docs/states.md and for tests */
};
extern const struct transition state_transitions[];
extern const size_t state_transition_count;

#endif
