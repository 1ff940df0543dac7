/* One job -> a denial, or a leaf to write. For the engine's thread. */
#ifndef HOST_ENGINE_BATCH_DECISIONS_H
#define HOST_ENGINE_BATCH_DECISIONS_H

#include "batch/entry.h"

struct engine;

/* Names the machines that deciding the job will look at, in engine->fetched. NO_MEMORY. */
RESULT decide_prepare(struct engine *engine, const struct job *job);
/* Decides one job within the open transaction, its machines being fetched, and writes its answer where that is a
 * denial. Fails where the store does. */
RESULT decide_job(struct engine *engine, struct entry *entry);

#endif
