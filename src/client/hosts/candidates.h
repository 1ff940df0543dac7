/*
 * The hosts that an activation tries, in the order in which it tries them.
 *
 * Those that somebody configured come first, in his order, then those of the environment (AVAL_HOST).
 */
#ifndef CLIENT_HOSTS_CANDIDATES_H
#define CLIENT_HOSTS_CANDIDATES_H

#include "hosts/address.h"
#include "machine/handle.h"

/* NO_HOST_KNOWN where there is none; STATE_BROKEN, FILE_READ. */
RESULT candidates_find(const aval_machine *machine, struct host_list *ret_hosts, struct reason *reason);

#endif
