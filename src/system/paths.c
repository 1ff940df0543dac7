/* Paths as text; see files.h. Nothing is looked up. */
#include "system/files.h"

#include <stdio.h>
#include <string.h>

RESULT path_join(char ret_path[static PATH_SIZE], const char *folder, const char *name)
{
    char path[PATH_SIZE];
    const size_t size = strlen(folder);
    const char *between = size > 0 && folder[size - 1] == '/' ? "" : "/";
    const int length = snprintf(path, sizeof path, "%s%s%s", folder, between, name);
    ENSURE(length >= 0 && length < PATH_SIZE, TEXT_TOO_LONG);
    memcpy(ret_path, path, (size_t)length + 1);
    return RESULT_OK;
}

bool path_go_up(char *path)
{
    char *const slash = strrchr(path, '/');
    if (slash == NULL || slash[1] == 0)
        return false;
    slash[slash == path] = 0;
    return true;
}
