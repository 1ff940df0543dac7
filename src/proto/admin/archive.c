/* Bringing old leaves into files; see archive.h. */
#include "proto/admin/archive.h"

#include "message.h"

static void walk_archive(struct walk *walk, void *message)
{
    struct control_archive *archive = message;
    WALK_TEXT(walk, "folder", archive->folder);
    walk_number(walk, "keep", &archive->keep);
}

static void walk_archiving(struct walk *walk, void *message)
{
    struct control_archiving *archiving = message;
    walk_switch(walk, "running", &archiving->running);
    walk_number(walk, "done", &archiving->done);
    walk_number(walk, "all", &archiving->all);
    walk_number(walk, "bundles", &archiving->bundles);
    walk_number(walk, "bytes", &archiving->bytes);
    walk_number(walk, "archived", &archiving->archived);
    walk_number(walk, "missing", &archiving->missing);
    WALK_TEXT(walk, "folder", archiving->folder);
    WALK_TEXT(walk, "first_missing", archiving->first_missing);
}

MESSAGE(archive)
MESSAGE(archiving)
PLAIN_READER(archive)
PLAIN_READER(archiving)
