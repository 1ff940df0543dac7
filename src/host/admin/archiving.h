/* Bringing old leaves of a host that serves into files, as the control thread has it done. */
#ifndef HOST_ADMIN_ARCHIVING_H
#define HOST_ADMIN_ARCHIVING_H

#include "aside.h"
#include "host/engine.h"
#include "ledger/archive.h"

struct archiving;

/* `data`: the host's folder; borrowed. NO_MEMORY. Yours to free, before the engine. */
RESULT archiving_new(struct engine *engine, const char *data, const struct log *log, struct archiving **ret_archiving);
/* Ends one that is under way. Takes NULL. */
void archiving_free(struct archiving *archiving);

/* Archives leaves from before that time; folder "": where the archive is. HOST_BUSY where one is under way. */
RESULT archiving_begin(struct archiving *archiving, const char *folder, seconds before);
/* How far the last one is, in bundles; with its failure, in words too, once that has ended it. The report is empty
 * while it is running. */
RESULT archiving_look(struct archiving *archiving, struct aside_state *ret_state, struct archive_report *ret_report,
                      struct reason *reason);

#endif
