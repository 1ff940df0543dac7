/* Bringing old leaves into files; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_ARCHIVE_H
#define PROTO_ADMIN_ARCHIVE_H

#include "proto/admin/limits.h"

enum { CONTROL_FOLDER_SIZE = 1024, CONTROL_FIRST_SIZE = 1280, CONTROL_CODE_SIZE = 32 };

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
    /* All that is archived. */
    uint64_t archived;
    char folder[CONTROL_FOLDER_SIZE];
};

/* Answer to POST CONTROL_ARCHIVE_CHECK, and the body of the next one, until it is finished: how far a check of files is
 * (ledger/archive.h), and what it has found so far. */
struct control_archive_check {
    bool one; /* ledger alone, and not all of them */
    bool finished;
    uint64_t ledger; /* where to go on; ledger 0: at the first */
    uint64_t bundle;
    uint64_t looked_at;
    uint64_t all;                   /* bundles that are to be looked at */
    uint64_t bad;                   /* that are missing or damaged */
    char code[CONTROL_CODE_SIZE];   /* name of the error, of the first of them; "": none */
    char first[CONTROL_FIRST_SIZE]; /* which file that is, and what the system said */
};

RESULT control_archive_write(const struct control_archive *archive, struct buffer *out);
RESULT control_archive_read(struct slice text, struct control_archive *ret_archive);
RESULT control_archiving_write(const struct control_archiving *archiving, struct buffer *out);
RESULT control_archiving_read(struct slice text, struct control_archiving *ret_archiving);
RESULT control_archive_check_write(const struct control_archive_check *archive_check, struct buffer *out);
RESULT control_archive_check_read(struct slice text, struct control_archive_check *ret_archive_check);

#endif
