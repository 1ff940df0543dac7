/*
 * What machines tell of themselves: kept beside their rows, and forgotten with them.
 *
 * Always: of one request nothing is kept but where it counts and leaves a row, so that what is sent again, or comes of
 * strangers, is not; and nothing of it goes into a leaf, a log or a denial. For the engine's thread.
 */
#ifndef HOST_ENGINE_ABOUT_ABOUTS_H
#define HOST_ENGINE_ABOUT_ABOUTS_H

#include "batch/candidates.h"

/* After the request was decided: keeps what stands beside it, where it may. Within a transaction; errors of the store.
 */
RESULT about_keep(struct engine *engine, const struct entry *entry, const struct last_leaf *last,
                  const struct candidates *candidates);
/* Where it was not done for an hour: forgets some of what is to be forgotten by engine->now; or all, where the host
 * keeps none. In a transaction of its own; where that fails it is tried again the next time. */
void abouts_tend(struct engine *engine);

#endif
