/*
 * A lease within its license: the one place that says what that means.
 *
 * The machine (believe.h), the vendor's audit and the inspection of a single lease ask here, each for what it can act
 * on: a machine refuses what goes beyond the license; the audit also reports what a host that keeps to the license
 * would not have written. Pure, total, thread-safe.
 */
#ifndef CORE_RULES_TERMS_H
#define CORE_RULES_TERMS_H

#include "core/documents/documents.h"

/* What a lease can be beside its license in. Bits, in the order in which they are reported. */
enum term {
    TERM_LICENSE = 1 << 0,      /* it names another license */
    TERM_VENDOR = 1 << 1,       /* or another vendor, */
    TERM_PRODUCT = 1 << 2,      /* product */
    TERM_EDITION = 1 << 3,      /* or edition */
    TERM_TOO_EARLY = 1 << 4,    /* issued before the license begins */
    TERM_TOO_LATE = 1 << 5,     /* issued when the license had ended */
    TERM_TOO_LONG = 1 << 6,     /* longer than a lease of the license, for such hardware, may be */
    TERM_BEYOND_END = 1 << 7,   /* ends after the license */
    TERM_LATE_RENEWAL = 1 << 8, /* renewed later than the license says */
    TERM_RENEWAL = 1 << 9,      /* renewed at another time than terms_renewal() gives */
    TERM_RETRY = 1 << 10,       /* tried again after another time than the license says */
    TERM_FEATURES = 1 << 11,    /* a feature that the license has not got */
    TERM_HOST = 1 << 12,        /* its request asked another host than the license names */
    TERM_APART = 1 << 13,       /* issued too long before or after its request */
    TERM_MODE = 1 << 14,        /* its request was by a product key of the other mode */
};

/* Which of them; 0: none. */
unsigned terms_broken(const struct license *license, const struct lease *lease);

/* Whether the lease is of this license: LEASE_OTHER_LICENSE, LEASE_OTHER_PRODUCT; LEASE_OTHER_REQUEST where its request
 * asked another host; LICENSE_OTHER_MODE where it was by a product key of the other mode. */
RESULT terms_check_offer(const struct license *license, const struct lease *lease);
/* Whether it goes no further than the license: LEASE_DATES, LEASE_FEATURES. An earlier renewal or another retry is the
 * host's to ask for. */
RESULT terms_check_extent(const struct license *license, const struct lease *lease);

/* How many seats may come back within 30 days by a release of the machine (as many as seats, any where leases last a
 * day at most), or be reclaimed by the operator (a twentieth of the seats, at least two), where the license does not
 * say. */
uint64_t terms_releases(const struct license *license);
uint64_t terms_reclaims(const struct license *license);
/* Whether a seat that its machine gives back, or that the operator reclaims, is free at once, where `before` of the
 * license came back in that way within RETURNS_WINDOW before it. Otherwise the leaf stands in the ledger all the same,
 * and the seat comes back when its leases would have ended (seat_until()). Host and audit both ask here. */
#define RETURNS_WINDOW ((seconds)30 * DAY)
bool terms_release_frees(const struct license *license, uint64_t before);
bool terms_reclaim_frees(const struct license *license, uint64_t before);
/* Whether a reclaim is one of those that are counted: where the license has a first lease, that of a machine which has
 * not renewed yet is not, and always makes its seat free. */
bool terms_reclaim_counts(const struct license *license, bool renewed);
/* Whether there is any end to the releases, so that they are to be counted. */
bool terms_releases_limited(const struct license *license);

/* What the length of a lease depends on beside its license. */
struct lease_case {
    const struct hardware *hardware; /* of the request; borrowed */
    bool first;                      /* the machine held no seat when it was issued */
};
/* Whether a note that a machine dates `asked` may be answered then: within CLOCK_TOLERANCE; where the operator handed
 * it in as a file, `offline`, also until it is OFFLINE_MAX old. */
bool terms_in_time(seconds asked, seconds answered, bool offline);

/* When a lease that is issued then ends at the latest: with the license, and but for a counted one before that; where
 * it is a machine's first one, and the license has a length for those, earlier; where the hardware does not suffice
 * (hardware_suffices()), also a counted one, after terms_short_lease(). */
seconds terms_end(const struct license *license, const struct lease_case *of, seconds issued);
/* The longer of a day and the license's retry. */
seconds terms_short_lease(const struct license *license);
/* How often a machine gets a new lease of the license, where those are of that length: once in this time, from a second
 * on. As often as it may try, but at most once a minute; and never later than the lease is to be renewed. */
seconds terms_pace(const struct license *license, const struct hardware *hardware, seconds length);
/* When a lease of that length is to be renewed, counted from its issue: in good time also where it is a short one
 * because of its hardware. */
seconds terms_renewal(const struct license *license, const struct hardware *hardware, seconds length);

#endif
