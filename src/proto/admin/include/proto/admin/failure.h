/* What a host says instead of an answer; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_FAILURE_H
#define PROTO_ADMIN_FAILURE_H

#include "proto/admin/limits.h"

/* Every answer whose HTTP status is not 200. */
struct control_failure {
    char code[NAME_SIZE];
    char message[CONTROL_MESSAGE_SIZE];
};

RESULT control_failure_write(const struct control_failure *failure, struct buffer *out);
RESULT control_failure_read(struct slice text, struct control_failure *ret_failure);

#endif
