/* What a host read again; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_RELOAD_H
#define PROTO_ADMIN_RELOAD_H

#include "proto/admin/limits.h"

enum {
    CONTROL_REFUSED_MAX = 2,
    CONTROL_WAITING_MAX = 32, /* options there are, at most */
    CONTROL_FILE_SIZE = 1024,
    CONTROL_WORDS_SIZE = 1280,
};

/* What could not be read again, so that what was read of it before stays in force. */
struct control_refused {
    char what[NAME_SIZE];         /* CONTROL_CONFIGURATION or CONTROL_FOLDER */
    char file[CONTROL_FILE_SIZE]; /* "": a flag of the host is at fault */
    uint64_t line;                /* 0: none */
    char code[NAME_SIZE];
    char words[CONTROL_WORDS_SIZE]; /* behind the code's sentence; "": none */
    seconds time;
};
#define CONTROL_CONFIGURATION "configuration"
#define CONTROL_FOLDER        "folder"

/* An option that was changed, and is in force from the next start on. */
struct control_waiting {
    char option[NAME_SIZE]; /* its flag, without dashes */
};

/* What the last reading came to; part of the answer here and of a host's status. All zero: there is nothing to say. */
struct control_reading {
    size_t refused_count;
    struct control_refused refused[CONTROL_REFUSED_MAX];
    size_t waiting_count;
    struct control_waiting waiting[CONTROL_WAITING_MAX];
};

/* Answer to POST CONTROL_RELOAD */
struct control_reloaded {
    bool done; /* false: it was asked for, and takes longer than the host waits */
    uint64_t vendors;
    uint64_t licenses;
    uint64_t left_out; /* files that do not hold; see control_status */
    struct control_reading reading;
};

/* Whether it did not take CONTROL_CONFIGURATION, or CONTROL_FOLDER. */
bool control_reading_refuses(const struct control_reading *reading, const char *what);

RESULT control_reloaded_write(const struct control_reloaded *reloaded, struct buffer *out);
RESULT control_reloaded_read(struct slice text, struct control_reloaded *ret_reloaded);

#endif
