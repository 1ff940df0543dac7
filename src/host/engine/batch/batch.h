/* Jobs -> one transaction -> signatures -> answers. For the engine's thread. */
#ifndef HOST_ENGINE_BATCH_BATCH_H
#define HOST_ENGINE_BATCH_BATCH_H

#include "host/engine.h"

struct engine;

/* Decides, commits, signs and answers. `count` is at most options.batch. */
void batch_run(struct engine *engine, struct job *jobs, size_t count);
/* What an idle engine looks after: the authority, the signer, checkpoints to be stored, and what the store has left to
 * do, as long as there is no other work. */
void batch_tend(struct engine *engine);
/* Whether there is something to tend soon. */
bool batch_untended(struct engine *engine);

/* Takes a seat back: a batch of its own. Errors as engine_reclaim() has them. */
RESULT batch_reclaim(struct engine *engine, struct reclaim *reclaim, struct reason *reason);

#endif
