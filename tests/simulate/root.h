/* A folder of the real file system, where SQLite's store has a look at its path; nothing else is in it but the books of
 * audits. */
#ifndef SIMULATE_ROOT_H
#define SIMULATE_ROOT_H

#include "system/files.h"

/* Ends the process where there can be none. */
void root_make(char root[static PATH_SIZE]);
void root_remove(const char *root);

struct world;
/* Room for one world after the other. Yours to free. */
struct world *world_new(void);

#endif
