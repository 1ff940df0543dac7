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
    WALK_TEXT(walk, "folder", archiving->folder);
}

static void walk_archive_check(struct walk *walk, void *message)
{
    struct control_archive_check *check = message;
    walk_switch(walk, "one", &check->one);
    walk_switch(walk, "finished", &check->finished);
    walk_number(walk, "ledger", &check->ledger);
    walk_number(walk, "bundle", &check->bundle);
    walk_number(walk, "looked_at", &check->looked_at);
    walk_number(walk, "all", &check->all);
    walk_number(walk, "bad", &check->bad);
    WALK_TEXT(walk, "code", check->code);
    WALK_TEXT(walk, "first", check->first);
}

MESSAGE(archive)
MESSAGE(archiving)
MESSAGE(archive_check)
PLAIN_READER(archive)
PLAIN_READER(archiving)
PLAIN_READER(archive_check)
