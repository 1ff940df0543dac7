/* Root as the owner of a folder; see owner.h. */
#include "system/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

RESULT owner_become(const char *folder, struct reason *reason)
{
    struct stat about;
    if (geteuid() != 0 || stat(folder, &about) != 0 || about.st_uid == 0)
        return RESULT_OK;
    if (setegid(about.st_gid) == 0 && seteuid(about.st_uid) == 0)
        return RESULT_OK;
    return reason_say(reason, FAIL(FILE_WRITE), "%s: %s", folder, strerror(errno));
}

/* Who was not root stays what it is. Going on as somebody else would be worse than not going on. */
void owner_leave(void)
{
    if (getuid() != 0)
        return;
    if (seteuid(0) != 0 || setegid(getgid()) != 0)
        abort();
}
