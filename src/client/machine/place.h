/* Where the state folders are that nobody names, and who may look into them. Each operating system has a sibling file.
 */
#ifndef CLIENT_MACHINE_PLACE_H
#define CLIENT_MACHINE_PLACE_H

#include "system/files.h"

/* The folders to use where none is named: one's own, and the system's where that is another ("": it is not). Where the
 * environment names no home, the system's is one's own too. TEXT_TOO_LONG. */
RESULT state_default_folders(char ret_own[static PATH_SIZE], char ret_system[static PATH_SIZE]);
/* The rights of a state folder that this user makes. */
unsigned state_folder_mode(void);

#endif
