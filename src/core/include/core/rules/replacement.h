/*
 * Which lease may take the place of one that is in force.
 *
 * Whoever can answer a machine, another customer's licensed host among them, could otherwise end what its own host has
 * given it. Both leases are believed (believe.h), the offered one as what the product key asks for. Pure, thread-safe.
 */
#ifndef CORE_RULES_REPLACEMENT_H
#define CORE_RULES_REPLACEMENT_H

#include "core/rules/believe.h"

/* Success where `offered` is for another edition, whose key somebody has installed here; and where it may take the
 * place of `in_force`. LEASE_OTHER_HOST where it is under another license that neither names the same host key nor
 * replaces the other; LEASE_ENDS_EARLIER where it would end before the other, unless the product key is now one of
 * `wanted`, which the one in force is not, and the offered one is. */
RESULT replacement_check(const struct believed *in_force, const struct believed *offered, enum license_mode wanted);
/* The first half alone, of the license that a host shows before it is asked. */
RESULT replacement_check_license(const struct believed *in_force, const struct license *offered);

#endif
