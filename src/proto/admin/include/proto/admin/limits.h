/*
 * Messages of the control interface (proto/api.h, CONTROL_*): JSON between avald and avalctl, a file for each resource,
 * and here what they have in common.
 *
 * Reader and writer of each message are one walk over its fields, so that what one writes the other reads. Times are
 * seconds since 1970 and 0 where there is none, durations seconds. Readers ignore keys they do not know, so that a
 * newer host can say more; they report HOST_ANSWER for everything else that is not such a message. Writers append to a
 * buffer: NO_MEMORY, TEXT_TOO_LONG, INTERNAL where a text is not UTF-8. What was read and holds lists is freed by the
 * function of its name. Pure, thread-safe.
 */
#ifndef PROTO_ADMIN_LIMITS_H
#define PROTO_ADMIN_LIMITS_H

#include "base/hash.h"
#include "base/time.h"
#include "core/documents/documents.h"

enum {
    CONTROL_LIST_MAX = 1000,    /* machines or denials in one answer */
    CONTROL_LIST_USUAL = 100,   /* where the question names no limit */
    CONTROL_DENIALS_SHOWN = 10, /* the last ones, in the detail of a machine */
    CONTROL_BODY_MAX = 4096,    /* of a question */
    CONTROL_ANSWER_MAX = 64 * 1024 * 1024,
    CONTROL_CURSOR_SIZE = 64,
    CONTROL_VERSION_SIZE = 32,
    CONTROL_COMMAND_SIZE = NAME_SIZE + 64,
    CONTROL_ADDRESS_SIZE = 64,
    CONTROL_MESSAGE_SIZE = 512,
    CONTROL_POSITION_SIZE = 1024,
    CONTROL_DENIED_MAX = 256,
    CONTROL_ROOT_SIZE = BASE64_LENGTH(HASH_SIZE) + 1,
    MACHINE_PREFIX_LEAST = 4, /* digits of a machine id that stand for the whole, where they are unique */
};

#endif
