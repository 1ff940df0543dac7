/* Folders, made and listed; see files.h. */
#include "failure.h"
#include "modes.h"
#include "system/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static RESULT make_one(const char *path, unsigned mode, struct reason *reason)
{
    if (mkdir(path, (mode_t)mode) == 0)
        return mode_set_of_folder(path, mode, reason);
    const int number = errno;
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return RESULT_OK;
    errno = number == EEXIST ? ENOTDIR : number;
    return failure_writing(path, reason);
}

RESULT folder_make(const char *path, unsigned mode, struct reason *reason)
{
    char part[PATH_SIZE];
    const size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) {
        errno = size == 0 ? ENOENT : ENAMETOOLONG;
        return failure_writing(path, reason);
    }
    memcpy(part, path, size + 1);
    for (size_t i = 1; i < size; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = 0;
        TRY(make_one(part, mode, reason));
        part[i] = '/';
    }
    return make_one(part, mode, reason);
}

/* Not every file system can sync a folder; those that cannot say EINVAL and order such changes by themselves. */
RESULT folder_sync(const char *path, struct reason *reason)
{
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return failure_writing(path, reason);
    const bool synced = fsync(folder) == 0 || errno == EINVAL;
    const struct result result = synced ? RESULT_OK : failure_writing(path, reason);
    close(folder);
    return result;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

RESULT folder_list(const char *path, RESULT (*each)(void *context, const char *name), void *context,
                   struct reason *reason)
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, not_hidden, by_bytes);
    if (count < 0)
        return errno == ENOENT ? RESULT_OK : failure_reading(path, reason);
    struct result state = RESULT_OK;
    for (int i = 0; i < count; i++) {
        if (is_ok(state))
            state = each(context, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return state;
}
