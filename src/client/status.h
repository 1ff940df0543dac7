/* The state of a product as the public API tells it. */
#ifndef CLIENT_STATUS_H
#define CLIENT_STATUS_H

#include "machine/handle.h"

/* See aval_status(). */
RESULT status_work_out(const aval_machine *machine, const char *product, struct aval_status *ret_status,
                       struct reason *reason);

#endif
