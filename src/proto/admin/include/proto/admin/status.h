/* What a host is and has done; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_STATUS_H
#define PROTO_ADMIN_STATUS_H

#include "proto/admin/licenses.h"
#include "proto/admin/reload.h"

/* What the host keeps for one vendor. */
struct control_ledger {
    char vendor[NAME_SIZE];
    char origin[KEY_NAME_SIZE];
    uint64_t size;                           /* leaves in the database */
    uint64_t checkpoint_size;                /* of the last checkpoint that was given out; 0: none */
    char checkpoint_root[CONTROL_ROOT_SIZE]; /* base64; "": none */
    uint64_t revocations;                    /* sequence of the newest; 0: none */
    seconds newest;                          /* the time of its newest leaf; 0: none */
    char trouble[NAME_SIZE];                 /* code of what keeps it from being added to; "": nothing */
    char shown_origin[KEY_NAME_SIZE];        /* signed by this host, which does not have it; "": nothing */
    uint64_t shown_size;                     /* leaves of it */
    char command[CONTROL_COMMAND_SIZE];      /* what ends the trouble, while the host is stopped; "": nothing */
};

/* A file of the host's folder that does not hold, so that what it would authorise is not there. */
struct control_left_out {
    char vendor[NAME_SIZE]; /* "": none; the file is a site key */
    char file[NAME_SIZE];   /* "": the whole vendor */
    char code[NAME_SIZE];
    uint64_t line; /* 0: none */
};
enum { CONTROL_LEFT_OUT_MAX = 16 };

/* GET CONTROL_STATUS. Counters since the start. */
struct control_status {
    char host[HOST_NAME_SIZE];
    char version[CONTROL_VERSION_SIZE];
    seconds now;
    seconds started;
    uint64_t port;
    size_t ledger_count;
    struct control_ledger *ledgers;
    size_t license_count;
    struct control_license *licenses;
    uint64_t left_out_count; /* all there are; the first of them: */
    size_t left_out_shown;
    struct control_left_out left_out[CONTROL_LEFT_OUT_MAX];
    struct control_reading reading; /* what the last one came to */
    uint64_t granted;
    uint64_t repeated;
    uint64_t released;
    uint64_t reclaimed;
    size_t denied_count;
    struct control_denied {
        char code[NAME_SIZE];
        uint64_t count;
    } denied[CONTROL_DENIED_MAX];
    uint64_t batches;
    uint64_t signatures;
    uint64_t largest_batch;
    uint64_t queued;
    uint64_t log_dropped;    /* lines for which nobody made room */
    bool site_required;      /* only machines that have the site key are given anything */
    uint64_t site_keys;      /* that hold: the one in use and the one before it */
    uint64_t site_former;    /* requests that showed the latter, */
    uint64_t site_missing;   /* none, where there is a key or one is required, */
    uint64_t site_wrong;     /* or one that does not hold */
    uint64_t clocks_heard;   /* machines that asked within a day (of many a sample), */
    uint64_t clocks_apart;   /* and those whose clock is more than four hours apart from this host's */
    char trouble[NAME_SIZE]; /* code; "": none. Of the host, or of one of its ledgers */
};

RESULT control_status_write(const struct control_status *status, struct buffer *out);
RESULT control_status_read(struct slice text, struct control_status *ret_status);
void control_status_free(struct control_status *status);

#endif
