/* What a host read again; see reload.h. */
#include "proto/admin/reload.h"

#include "message.h"

static void walk_reloaded(struct walk *walk, void *message)
{
    struct control_reloaded *reloaded = message;
    walk_switch(walk, "done", &reloaded->done);
    walk_number(walk, "vendors", &reloaded->vendors);
    walk_number(walk, "licenses", &reloaded->licenses);
    walk_number(walk, "left_out", &reloaded->left_out);
}

MESSAGE(reloaded)
PLAIN_READER(reloaded)
