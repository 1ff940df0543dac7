/* A seat that the operator takes back; see host/engine.h. For the engine's thread. */
#ifndef HOST_ENGINE_RECLAIM_RECLAIMS_H
#define HOST_ENGINE_RECLAIM_RECLAIMS_H

#include "host/engine.h"

struct engine;

/* Decides it and adds the leaf to the batch, and puts row and block into the open transaction. RECLAIM_AGAIN changes
 * nothing. Errors as engine_reclaim() has them, but for the commit's. */
RESULT reclaim_decide(struct engine *engine, struct reclaim *reclaim, struct reason *reason);

#endif
