/*
 * The hosts that an activation tries, in the order in which it tries them.
 *
 * Those that somebody configured come first, in his order, then those of the environment (AVAL_HOST). Where none of
 * these gives a lease, DNS is asked for SRV records of _aval._tcp in the domains of this machine, or those of
 * AVAL_DOMAINS, by its name servers, or those of AVAL_DNS.
 */
#ifndef CLIENT_HOSTS_CANDIDATES_H
#define CLIENT_HOSTS_CANDIDATES_H

#include "hosts/address.h"
#include "hosts/services.h"
#include "machine/handle.h"

/* Those that are known without asking anybody; none is no error. STATE_BROKEN, FILE_READ. */
RESULT candidates_known(const aval_machine *machine, struct host_list *ret_hosts, struct reason *reason);
/* Whether hosts are looked for by DNS when the others have not helped: where this build can, AVAL_DOMAINS is not set to
 * "" (so that nobody looks), and requests go out by the bundled transport. A product with another one has a network of
 * its own. */
bool candidates_can_discover(const aval_machine *machine);
/* What DNS says, in the order in which it is asked; that host first within its priority that is `last_good` ("": none).
 * In the time that is left of the machine's share. NO_HOST_KNOWN, NO_HOST_HERE (the domain says so itself),
 * NAME_SERVERS, USAGE, NO_MEMORY. */
RESULT candidates_discover(const aval_machine *machine, const char *last_good, struct service_list *ret_services,
                           struct reason *reason);
/* Appends those that are not there yet, as far as there is room. */
void candidates_add(struct host_list *hosts, const struct service_list *services);

#endif
