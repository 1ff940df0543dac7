/* A folder for worlds; see root.h. */
#include "root.h"

#include "base/secret.h"
#include "world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "simulate: no %s\n", what);
    exit(2);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

void root_make(char root[static PATH_SIZE])
{
    char host[PATH_SIZE];
    const char *const temporary = getenv("TMPDIR");
    need(is_ok(path_join(root, temporary != NULL ? temporary : "/tmp", "aval-simulate-XXXXXX")), "folder");
    need(mkdtemp(root) != NULL, "folder");
    need(is_ok(path_join(host, root, "host")) && mkdir(host, 0700) == 0, "folder");
}

void root_remove(const char *root)
{
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

struct world *world_new(void)
{
    struct world *const world = calloc(1, sizeof *world);
    need(world != NULL && is_ok(secret_start()), "memory");
    return world;
}
