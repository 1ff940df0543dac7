/* Giving a lease back: the one in force, or a former one (formers.h). */
#ifndef CLIENT_RELEASE_RELEASE_H
#define CLIENT_RELEASE_RELEASE_H

#include "activation/session.h"

/* See aval_release(). */
RESULT release_run(aval_machine *machine, const char *product, struct aval_report *report, struct reason *reason);
/* Gives back what the session holds, within the time that the call has left; where that works, it is forgotten. Errors
 * of the host and of its answer, files, LOCKED, STATE_CHANGED. */
RESULT release_held(struct session *session, struct aval_attempt *attempt, struct reason *reason);

#endif
