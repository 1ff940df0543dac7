/* What a host says instead of an answer; see failure.h. */
#include "proto/admin/failure.h"

#include "message.h"

static void walk_failure(struct walk *walk, void *message)
{
    struct control_failure *failure = message;
    WALK_TEXT(walk, "code", failure->code);
    WALK_TEXT(walk, "message", failure->message);
}

MESSAGE(failure)
PLAIN_READER(failure)
