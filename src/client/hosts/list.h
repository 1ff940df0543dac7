/*
 * Names of activation hosts, and which of them are asked in what order.
 *
 * Always: an address has one spelling, HOST:PORT with a lower-case host and IPv6 in brackets, so that lists hold none
 * twice.
 */
#ifndef CLIENT_HOSTS_LIST_H
#define CLIENT_HOSTS_LIST_H

#include "machine/handle.h"
#include "state/records.h"

/* Reads "HOST", "HOST:PORT", "[IPv6]" or "[IPv6]:PORT" and writes HOST:PORT; DOCUMENT_VALUE for anything else. Pure. */
RESULT host_address_read(struct slice text, char ret_address[static ADDRESS_SIZE]);
/* Appends one unless it is there; DOCUMENT_VALUE, DOCUMENT_LIMIT. Pure. */
RESULT host_list_add(struct host_list *hosts, struct slice text);

/* Those configured in the state folder; none is no error. STATE_BROKEN, FILE_READ. */
RESULT hosts_configured(aval_machine *machine, struct host_list *ret_hosts);
/* All hosts to try, in order: those configured, then those of the environment. NO_HOST_KNOWN where there is none. */
RESULT hosts_to_try(aval_machine *machine, struct host_list *ret_hosts);

#endif
