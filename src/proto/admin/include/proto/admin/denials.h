/* What was denied, and why; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_DENIALS_H
#define PROTO_ADMIN_DENIALS_H

#include "proto/admin/limits.h"

struct control_denial {
    uint64_t number;
    seconds time;
    char machine[MACHINE_ID_TEXT_SIZE];
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    char code[NAME_SIZE];
    char message[CONTROL_MESSAGE_SIZE];
    char address[CONTROL_ADDRESS_SIZE];
};

/* GET CONTROL_DENIALS, the newest first */
struct control_denials {
    size_t count;
    struct control_denial *denials;
    uint64_t next; /* `before` of the next question; 0: the list ends here */
};

RESULT control_denials_write(const struct control_denials *denials, struct buffer *out);
RESULT control_denials_read(struct slice text, struct control_denials *ret_denials);
void control_denials_free(struct control_denials *denials);

#endif
