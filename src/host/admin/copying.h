/* Copying the database of a host that serves, as the control thread has it done. */
#ifndef HOST_ADMIN_COPYING_H
#define HOST_ADMIN_COPYING_H

#include "aside.h"
#include "host/engine.h"

struct copying;

/* Copies to `path`, whenever it is told to. NO_MEMORY. Yours to free, before the engine. */
RESULT copying_new(struct engine *engine, const char *path, const struct log *log, struct copying **ret_copying);
/* Ends a copying that is under way. Takes NULL. */
void copying_free(struct copying *copying);

/* HOST_BUSY where one is under way. */
RESULT copying_begin(struct copying *copying);
/* How far the last one is, in pages; with its failure, in words too, once that has ended it. */
RESULT copying_look(struct copying *copying, struct aside_state *ret_state, struct reason *reason);

#endif
