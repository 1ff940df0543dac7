/*
 * The rules of an audit: what one leaf of a ledger must be, given its license and what went before.
 *
 * Each rule that does not hold adds its error and the numbers behind it to the verdict; an honest host's leaf leaves
 * the verdict empty. Pure and thread-safe.
 */
#ifndef DESK_AUDIT_RULES_H
#define DESK_AUDIT_RULES_H

#include "desk/audit/book.h"

enum { BREACHES_MAX = 16, BREACH_WORDS_SIZE = 192 };

struct verdict {
    size_t count;
    struct breach {
        enum error_code code;
        char words[BREACH_WORDS_SIZE]; /* what was found, and what should be */
    } breaches[BREACHES_MAX];
};

__attribute__((format(printf, 3, 4))) void verdict_add(struct verdict *verdict, enum error_code code,
                                                       const char *format, ...);

/* `moment`: the latest time in the leaves before; `now`: the auditor's clock. audit-times. */
void rule_times(seconds time, seconds moment, seconds now, struct verdict *verdict);
/* What the license says of a lease. audit-terms, audit-dates, audit-features. */
void rule_license(const struct license *license, const struct lease *lease, struct verdict *verdict);
/* What the machine's leases before say of it. audit-hardware, audit-nonce. */
void rule_machine(const struct lease *lease, const struct holding *before, const struct hardware *hardware,
                  seconds moment, struct verdict *verdict);
/* The machine had no seat, and with it so many are held. audit-seats. */
void rule_seats(const struct license *license, uint64_t held, struct verdict *verdict);
/* audit-release. */
void rule_release(const struct released *released, const struct holding *before, seconds moment,
                  struct verdict *verdict);

#endif
