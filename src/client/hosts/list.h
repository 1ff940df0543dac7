/* Which activation hosts are asked, and in what order. */
#ifndef CLIENT_HOSTS_LIST_H
#define CLIENT_HOSTS_LIST_H

#include "hosts/address.h"
#include "machine/handle.h"

/* Those configured in the state folder; none is no error. STATE_BROKEN, FILE_READ. */
RESULT hosts_configured(aval_machine *machine, struct host_list *ret_hosts);
/* All hosts to try, in order: those configured, then those of the environment. NO_HOST_KNOWN where there is none. */
RESULT hosts_to_try(aval_machine *machine, struct host_list *ret_hosts);

#endif
