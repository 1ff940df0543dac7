/* What a host read again; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_RELOAD_H
#define PROTO_ADMIN_RELOAD_H

#include "proto/admin/limits.h"

/* Answer to POST CONTROL_RELOAD */
struct control_reloaded {
    bool done; /* false: it was asked for, and takes longer than the host waits */
    uint64_t vendors;
    uint64_t licenses;
    uint64_t left_out; /* files that do not hold; see control_status */
};

RESULT control_reloaded_write(const struct control_reloaded *reloaded, struct buffer *out);
RESULT control_reloaded_read(struct slice text, struct control_reloaded *ret_reloaded);

#endif
