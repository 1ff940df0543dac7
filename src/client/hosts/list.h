/* The activation hosts that somebody configured on this machine. */
#ifndef CLIENT_HOSTS_LIST_H
#define CLIENT_HOSTS_LIST_H

#include "hosts/address.h"
#include "machine/handle.h"

/* Those configured in the user's own state folder, or where there are none in the system's; none is no error.
 * STATE_BROKEN, FILE_READ. */
RESULT hosts_configured(const aval_machine *machine, struct host_list *ret_hosts, struct reason *reason);
/* Puts them in the place of those that are configured in the folder of the call; an empty list: none. Takes its lock.
 * FILE_WRITE, LOCKED. */
RESULT hosts_configure(const aval_machine *machine, const struct host_list *hosts, struct reason *reason);

#endif
