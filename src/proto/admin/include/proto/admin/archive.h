/* Bringing old leaves into files; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_ARCHIVE_H
#define PROTO_ADMIN_ARCHIVE_H

#include "proto/admin/limits.h"

enum { CONTROL_FOLDER_SIZE = 1024 };

/* POST CONTROL_ARCHIVE */
struct control_archive {
    char folder[CONTROL_FOLDER_SIZE]; /* "": where the archive is, or usually is */
    uint64_t keep;                    /* seconds: leaves that are younger stay */
};

/* Answer to that, and to GET CONTROL_ARCHIVE. */
struct control_archiving {
    bool running;
    uint64_t done; /* bundles */
    uint64_t all;
    /* Of the last one, once it is not running. */
    uint64_t bundles;
    uint64_t bytes;
    /* Of all that is archived, and what of it is missing now: the first one's name. */
    uint64_t archived;
    uint64_t missing;
    char folder[CONTROL_FOLDER_SIZE];
    char first_missing[CONTROL_FOLDER_SIZE];
};

RESULT control_archive_write(const struct control_archive *archive, struct buffer *out);
RESULT control_archive_read(struct slice text, struct control_archive *ret_archive);
RESULT control_archiving_write(const struct control_archiving *archiving, struct buffer *out);
RESULT control_archiving_read(struct slice text, struct control_archiving *ret_archiving);

#endif
