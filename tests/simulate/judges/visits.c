/* A vendor's desk that audits while the world goes on; see visits.h. */
#include "visits.h"

#include "auditor.h"
#include "disk.h"
#include "must.h"
#include "store/sqlite.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ONE_OF = 12 };

/* What lies on the disk now, for SQLite's own files: reading it there would move the accidents of the world. */
static void copy_out(const struct world *world, const char *ending, const char *to)
{
    char from[PATH_SIZE];
    char path[PATH_SIZE];
    snprintf(from, sizeof from, "%s%s", world->host.database, ending);
    snprintf(path, sizeof path, "%s%s", to, ending);
    unlink(path);
    const struct disk_file *const file = disk_file_find(from);
    if (file == NULL)
        return;
    const struct slice content = disk_file_content(file);
    FILE *const out = fopen(path, "wb");
    if (out == NULL || fwrite(content.data, 1, content.size, out) != content.size || fclose(out) != 0)
        abort();
}

static void remove_copy(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[PATH_SIZE];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static void visit_vendor(struct world *world, struct store *store, size_t vendor)
{
    struct desk *const desk = &world->desks[vendor];
    struct verdict verdict;
    if (desk->parted)
        return;
    auditor_go_on(world, store, vendor, &desk->books, &desk->parted, &verdict);
    if (verdict.words[0] != 0)
        world_violated(world, "the audit accuses an honest host, %s", verdict.words);
}

void visits_now(struct world *world)
{
    struct store *store = NULL;
    char path[PATH_SIZE];
    must(path_join(path, world->root, "visited.db"));
    copy_out(world, "", path);
    copy_out(world, "-wal", path);
    const struct store_sqlite_options options = {.path = path, .one_thread = true};
    if (is_ok(store_open_sqlite(&options, &store, NULL))) { /* otherwise there was none yet, or half of one */
        world_say(world, "the desks audit");
        for (size_t i = 0; i < world->vendor_count && world->violation[0] == 0; i++)
            visit_vendor(world, store, i);
        store_close(store);
    }
    remove_copy(path);
}

void visits_pass(struct world *world)
{
    if (world->dishonesty == HONEST && chance_below(&world->visits, ONE_OF) == 0)
        visits_now(world);
}

void visits_end(struct world *world)
{
    if (world->dishonesty == HONEST && world->violation[0] == 0)
        visits_now(world);
    for (size_t i = 0; i < world->vendor_count; i++)
        auditor_forget(world, i, world->desks[i].books);
}
