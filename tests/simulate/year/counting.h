/*
 * The count that the script of a year keeps of what its machines have got and given back, from what they themselves
 * report; the engine and the audit have no part in it.
 *
 * A seat is held from a lease on until the latest end of the leases that follow each other, or until it comes back; a
 * lease is outstanding until its own end. All that machines of one edition hold is, at each moment, that of the license
 * which has begun last.
 */
#ifndef SIMULATE_COUNTING_H
#define SIMULATE_COUNTING_H

#include "bill.h"
#include "reckoning.h"

enum { HAPPENINGS_MAX = 8192 };

/* An entry of the ledger, as the script knows it. */
struct happening {
    enum { GOT_LEASE, SEAT_IS_FREE, NOTHING_CHANGES } kind;
    seconds time;
    size_t key;
    seconds expires; /* of a lease */
};

struct counting {
    size_t count;
    struct happening list[HAPPENINGS_MAX]; /* in the order of their times */
};

void counting_add(struct counting *counting, const struct happening *happening);
/* The bill for it. */
void counting_bill(const struct counting *counting, const struct reckoning *reckoning, const struct vendor *vendor,
                   struct bill *ret_bill);

#endif
