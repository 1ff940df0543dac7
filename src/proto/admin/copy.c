/* How far a host is with copying its database; see copy.h. */
#include "proto/admin/copy.h"

#include "message.h"

static void walk_copying(struct walk *walk, void *message)
{
    struct control_copying *copying = message;
    walk_switch(walk, "running", &copying->running);
    walk_number(walk, "done", &copying->done);
    walk_number(walk, "all", &copying->all);
}

MESSAGE(copying)
PLAIN_READER(copying)
