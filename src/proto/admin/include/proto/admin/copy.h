/* How far a host is with copying its database; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_COPY_H
#define PROTO_ADMIN_COPY_H

#include "proto/admin/limits.h"

/* Answer to POST and GET CONTROL_COPY. The copy is FOLDER_COPY in the host's folder, and whoever asked for it takes it
 * away. */
struct control_copying {
    bool running;
    uint64_t done; /* pages */
    uint64_t all;
};

RESULT control_copying_write(const struct control_copying *copying, struct buffer *out);
RESULT control_copying_read(struct slice text, struct control_copying *ret_copying);

#endif
