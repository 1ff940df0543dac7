/* A folder for worlds; see root.h. */
#include "root.h"

#include "base/secret.h"
#include "temporary.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "simulate: no %s\n", what);
    exit(2);
}

void root_make(char root[static PATH_SIZE])
{
    char host[PATH_SIZE];
    need(temporary_folder(root, "simulate"), "folder");
    need(is_ok(path_join(host, root, "host")) && mkdir(host, 0700) == 0, "folder");
}

void root_remove(const char *root)
{
    (void)temporary_remove(root);
}

struct world *world_new(void)
{
    struct world *const world = calloc(1, sizeof *world);
    need(world != NULL && is_ok(secret_start()), "memory");
    return world;
}
