/* What was denied, and why; see denials.h. */
#include "proto/admin/denials.h"

#include "message.h"
#include "shared.h"

#include <stdlib.h>

void walk_denial(struct walk *walk, void *element)
{
    struct control_denial *denial = element;
    walk_number(walk, "number", &denial->number);
    walk_seconds(walk, "time", &denial->time);
    WALK_TEXT(walk, "machine", denial->machine);
    WALK_TEXT(walk, "vendor", denial->vendor);
    WALK_TEXT(walk, "product", denial->product);
    WALK_TEXT(walk, "edition", denial->edition);
    WALK_TEXT(walk, "code", denial->code);
    WALK_TEXT(walk, "message", denial->message);
    WALK_TEXT(walk, "address", denial->address);
}

static void walk_denials(struct walk *walk, void *message)
{
    struct control_denials *denials = message;
    WALK_ARRAY(walk, "denials", denials->denials, denials->count, walk_denial);
    walk_number(walk, "next", &denials->next);
}

MESSAGE(denials)
OWNING_READER(denials)

void control_denials_free(struct control_denials *denials)
{
    free(denials->denials);
    *denials = (struct control_denials){0};
}
