/* Which files of a host's folder (authority/folder.h) a backup holds. Pure. */
#ifndef BACKUP_NAMES_H
#define BACKUP_NAMES_H

#include <stdbool.h>

enum { BACKUP_NAME_SIZE = 256 };
#define BACKUP_CONFIG "avald.conf" /* the configuration that the host ran with */

/* Whether the text names a file that a backup may hold. */
bool backup_name_good(const char *name);
/* Whether it is a secret key: a host key, or a site key. */
bool backup_name_is_key(const char *name);

#endif
