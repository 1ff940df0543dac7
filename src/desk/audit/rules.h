/*
 * The rules of an audit: what one leaf of a ledger must be, given its license and what went before.
 *
 * Each rule that does not hold adds its error and the numbers behind it to the verdict; an honest host's leaf leaves
 * the verdict empty. Pure and thread-safe.
 */
#ifndef DESK_AUDIT_RULES_H
#define DESK_AUDIT_RULES_H

#include "desk/audit/book.h"

enum { BREACHES_MAX = 24, BREACH_WORDS_SIZE = 512 };

struct verdict {
    size_t count;
    struct breach {
        enum error_code code;
        char words[BREACH_WORDS_SIZE]; /* what was found, and what should be */
    } breaches[BREACHES_MAX];
};

__attribute__((format(printf, 3, 4))) void verdict_add(struct verdict *verdict, enum error_code code,
                                                       const char *format, ...);

/* `moment`: the latest time in the leaves before. audit-times. */
void rule_times(seconds time, seconds moment, struct verdict *verdict);
/* Whether the machine signed what the leaf carries; `verified` is what machine_note_verify() said. audit-request. */
void rule_signature(struct result verified, struct verdict *verdict);
/* Whether the machine asked the host of this ledger, which has one of the `keys`, and the one that the license is for
 * (NULL: that is not known). audit-request. */
void rule_host(const struct verifier_key *host_key, const struct verifier_key *keys, size_t key_count,
               const struct license *license, struct verdict *verdict);
/* What the license says of a lease, but for the host. audit-terms, audit-dates, audit-times, audit-features. */
void rule_license(const struct license *license, const struct lease *lease, struct verdict *verdict);
/* Adds what another one found. */
void verdict_join(struct verdict *verdict, const struct verdict *other);

/* `last`: the highest number that the machine has signed for the product before, for this host; `elsewhere`: for the
 * others. Hosts that share a license share numbers; but which of them answered first, their clocks do not say.
 * audit-number. */
void rule_number(uint64_t number, uint64_t last, uint64_t elsewhere, struct verdict *verdict);
/* `before`: what the lease describes by which the machine has a seat already. audit-hardware. */
void rule_machine(const struct hardware *hardware, const struct hardware *before, struct verdict *verdict);
/* The machine had no seat, and with it so many are held. audit-seats. */
void rule_seats(const struct license *license, uint64_t held, struct verdict *verdict);
/* The machine held no seat when it got the lease. audit-dates. */
void rule_first_lease(const struct license *license, const struct lease *lease, struct verdict *verdict);
/* `within`: the machine holds the seat of exactly the lease that is named. audit-reclaim. */
void rule_reclaim(const struct reclaimed *reclaimed, bool within, struct verdict *verdict);
/* audit-release, audit-times. */
void rule_release(const struct released *released, const struct holding *before, seconds moment,
                  struct verdict *verdict);

#endif
