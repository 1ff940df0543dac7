/*
 * The states of the machine: first run, lease, now -> state. Pure and total.
 *
 *   a lease is believed, now < expires                 licensed, until it expires
 *   ... now < expires + EXPIRED_GRACE                  expired-grace, until then
 *   ... later                                          notification
 *   a lease is there, but a link of its chain breaks   unlicensed
 *   no lease, within the product's initial grace       grace, until it ends
 *   ... after it                                       notification
 *   ... no first run known, or a product without grace unlicensed
 *
 * Initial grace is for a machine that has not activated yet, so a lease that does not hold (altered, another machine's,
 * revoked) is not answered with more of it.
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

#endif
