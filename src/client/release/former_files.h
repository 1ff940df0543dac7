/*
 * Former leases: in force, but another edition's lease has taken their place. Each lies in
 * a folder of its own, former/LICENSE in the product's, until its seat is given back (formers.h) or it ends.
 */
#ifndef CLIENT_RELEASE_FORMER_FILES_H
#define CLIENT_RELEASE_FORMER_FILES_H

#include "state/folder.h"

/* The folder of the former lease under that license. */
RESULT former_folder(const char *folder, const char *license, char ret_folder[static PATH_SIZE]);
/* Keeps a copy of the lease in the product's folder, which is under that license, before another takes its place. Where
 * that does not come to pass, the copy is one of the lease in force, and whoever finds it removes it. The caller holds
 * the lock. FILE_READ, FILE_WRITE. */
RESULT former_keep(const char *folder, const char *license, struct reason *reason);
/* Forgets the one under that license; no error where there is none. The caller holds the lock. FILE_WRITE. */
RESULT former_forget(const char *folder, const char *license, struct reason *reason);
/* Calls `each` with the license of every one, in order; its failure ends the walk and is returned. FILE_READ. */
RESULT former_each(const char *folder, RESULT (*each)(void *context, const char *license), void *context,
                   struct reason *reason);

#endif
