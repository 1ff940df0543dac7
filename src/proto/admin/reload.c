/* What a host read again; see reload.h. */
#include "proto/admin/reload.h"

#include "message.h"
#include "shared.h"

#include <string.h>

static void walk_refused(struct walk *walk, void *element)
{
    struct control_refused *refused = element;
    WALK_TEXT(walk, "what", refused->what);
    WALK_TEXT(walk, "file", refused->file);
    walk_number(walk, "line", &refused->line);
    WALK_TEXT(walk, "code", refused->code);
    WALK_TEXT(walk, "words", refused->words);
    walk_seconds(walk, "time", &refused->time);
}

static void walk_waiting(struct walk *walk, void *element)
{
    struct control_waiting *waiting = element;
    WALK_TEXT(walk, "option", waiting->option);
}

void walk_reading(struct walk *walk, struct control_reading *reading)
{
    WALK_FIXED(walk, "refused", reading->refused, reading->refused_count, walk_refused);
    WALK_FIXED(walk, "waiting", reading->waiting, reading->waiting_count, walk_waiting);
}

static void walk_reloaded(struct walk *walk, void *message)
{
    struct control_reloaded *reloaded = message;
    walk_switch(walk, "done", &reloaded->done);
    walk_number(walk, "vendors", &reloaded->vendors);
    walk_number(walk, "licenses", &reloaded->licenses);
    walk_number(walk, "left_out", &reloaded->left_out);
    walk_reading(walk, &reloaded->reading);
}

bool control_reading_refuses(const struct control_reading *reading, const char *what)
{
    for (size_t i = 0; i < reading->refused_count; i++)
        if (strcmp(reading->refused[i].what, what) == 0)
            return true;
    return false;
}

MESSAGE(reloaded)
PLAIN_READER(reloaded)
