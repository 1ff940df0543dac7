/*
 * Root at work in a folder that is somebody else's, such as a service's: what root makes there its owner could not
 * read.
 *
 * The whole process becomes the owner, so it is for programs with one thread. Only root can become another; for anybody
 * else these do nothing.
 */
#ifndef SYSTEM_OWNER_H
#define SYSTEM_OWNER_H

#include "base/reason.h"

/* From here on files are made as the folder's owner. A folder that is not there is nobody's. FILE_WRITE. */
RESULT owner_become(const char *folder, struct reason *reason);
/* Root is root again. */
void owner_leave(void);

#endif
