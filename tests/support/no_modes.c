/*
 * A file system without locks and without rights, as some of NFS, SMB and FUSE are: preloaded into a real program.
 *
 * flock() fails with ENOLCK, fchmod() and chmod() with EPERM, below the folder that NO_MODES names; FLAT_MODE, an octal
 * number, is what fstat64() and stat64() say of the rights of everything there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_below(const char *path)
{
    const char *const folder = getenv("NO_MODES");
    return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_there(int file)
{
    char link[64];
    char path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        return 0;
    path[size] = 0;
    return is_below(path);
}

static void flatten(struct stat64 *about)
{
    const char *const mode = getenv("FLAT_MODE");
    if (mode != NULL)
        about->st_mode = (about->st_mode & ~(mode_t)0777) | (mode_t)strtoul(mode, NULL, 8);
}

int flock(int file, int operation)
{
    int (*real)(int, int);
    *(void **)&real = dlsym(RTLD_NEXT, "flock");
    if (!is_there(file))
        return real(file, operation);
    errno = ENOLCK;
    return -1;
}

int fchmod(int file, mode_t mode)
{
    int (*real)(int, mode_t);
    *(void **)&real = dlsym(RTLD_NEXT, "fchmod");
    if (!is_there(file))
        return real(file, mode);
    errno = EPERM;
    return -1;
}

int chmod(const char *path, mode_t mode)
{
    int (*real)(const char *, mode_t);
    *(void **)&real = dlsym(RTLD_NEXT, "chmod");
    if (!is_below(path))
        return real(path, mode);
    errno = EPERM;
    return -1;
}

int fstat64(int file, struct stat64 *about)
{
    int (*real)(int, struct stat64 *);
    *(void **)&real = dlsym(RTLD_NEXT, "fstat64");
    const int status = real(file, about);
    if (status == 0 && is_there(file))
        flatten(about);
    return status;
}

int stat64(const char *path, struct stat64 *about)
{
    int (*real)(const char *, struct stat64 *);
    *(void **)&real = dlsym(RTLD_NEXT, "stat64");
    const int status = real(path, about);
    if (status == 0 && is_below(path))
        flatten(about);
    return status;
}
