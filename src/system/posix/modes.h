/* Rights of files, on file systems that take them and on those whose mount fixes them. */
#ifndef SYSTEM_POSIX_MODES_H
#define SYSTEM_POSIX_MODES_H

#include "base/reason.h"

/* Gives the open file, or the folder, those rights. One whose mount fixes the rights (FAT, SMB, FUSE) is as good where
 * others get none to read or write that they should not have; FILE_MODES where they do. FILE_WRITE. */
RESULT mode_set(int file, const char *path, unsigned mode, struct reason *reason);
RESULT mode_set_of_folder(const char *path, unsigned mode, struct reason *reason);

#endif
