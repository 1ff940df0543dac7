/*
 * Getting a lease.
 *
 * Always: what a host answers changes nothing in the state folder before every link of its chain was found to hold; a
 * lease in force stays so when an activation fails. The folder is locked while a request is made and while its answer
 * is stored, and never while a host is asked; where what was asked for has changed in between, the answer is not
 * stored.
 *
 * The machine's time limit is one for all that a call asks, and each host has a share of what is left of it
 * (hosts/budget.h).
 */
#ifndef CLIENT_ACTIVATION_ACTIVATION_H
#define CLIENT_ACTIVATION_ACTIVATION_H

#include "machine/handle.h"

/* See aval_activate(). `only_when_due`: OK without asking while the lease in force is not due for renewal. The report
 * is complete in either outcome. */
RESULT activation_run(aval_machine *machine, const char *product, bool only_when_due, struct aval_report *report,
                      struct reason *reason);

#endif
