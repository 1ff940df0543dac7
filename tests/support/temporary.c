/* Temporary folders and files of tests; see temporary.h. */
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OPEN_FOLDERS_MAX = 16 };

static void complain(const char *what)
{
    fprintf(stderr, "temporary %s: %s\n", what, strerror(errno));
}

/* The path with its X's, for mkdtemp() and mkostemp(). */
static bool template_of(char ret_path[static TEMPORARY_SIZE], const char *name)
{
    char parent[PATH_MAX];
    const char *const named = getenv("TMPDIR");
    if (realpath(named != NULL ? named : "/tmp", parent) == NULL)
        return false;
    const int length = snprintf(ret_path, TEMPORARY_SIZE, "%s/aval-%s-XXXXXX", parent, name);
    if (length < TEMPORARY_SIZE)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

bool temporary_folder(char ret_path[static TEMPORARY_SIZE], const char *name)
{
    char path[TEMPORARY_SIZE];
    if (!template_of(path, name) || mkdtemp(path) == NULL) {
        complain(name);
        return false;
    }
    strcpy(ret_path, path);
    return true;
}

int temporary_file(char ret_path[static TEMPORARY_SIZE], const char *name)
{
    char path[TEMPORARY_SIZE];
    const int file = template_of(path, name) ? mkostemp(path, O_CLOEXEC) : -1;
    if (file < 0)
        complain(name);
    else
        strcpy(ret_path, path);
    return file;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

bool temporary_remove(const char *folder)
{
    const bool gone = nftw(folder, remove_entry, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS) == 0;
    if (!gone)
        complain(folder);
    return gone;
}
