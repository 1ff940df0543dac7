/* Machines: lists of them, one with all that is known of it, and blocking it; see limits.h for what all messages have
 * in common. */
#ifndef PROTO_ADMIN_MACHINES_H
#define PROTO_ADMIN_MACHINES_H

#include "proto/admin/denials.h"

/* One machine under one license. */
struct control_machine {
    char machine[MACHINE_ID_TEXT_SIZE];
    char license[NAME_SIZE]; /* "": blocked before it ever asked */
    char vendor[NAME_SIZE];  /* vendor, product, edition: "" where the license is not here any more */
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    bool holding; /* an unexpired lease */
    bool counted; /* towards the threshold */
    seconds first_request;
    seconds last_request;
    uint64_t requests;
    seconds issued;
    seconds ends;    /* the lease itself, */
    seconds expires; /* and until when its seat is held */
    bool released;
    bool reclaimed;
    uint64_t leaf;
    char last_denial[NAME_SIZE]; /* code; "": the last answer was a lease */
    char address[CONTROL_ADDRESS_SIZE];
    bool blocked;
    seconds blocked_since;
    char blocked_reason[TEXT_SIZE];
    char label[LABEL_SIZE]; /* what the operator calls it; "": nothing */
    seconds told;           /* when the machine told the following of itself; 0: never, or it is not kept */
    struct about_says says;
};

/* GET CONTROL_MACHINES */
struct control_machines {
    seconds now;
    size_t count;
    struct control_machine *machines;
    char next[CONTROL_CURSOR_SIZE]; /* `after` of the next question; "": the list ends here */
};

/* GET CONTROL_MACHINE + id, and the answer to block and unblock */
struct control_detail {
    seconds now;
    char machine[MACHINE_ID_TEXT_SIZE];
    bool blocked;
    seconds blocked_since;
    char blocked_reason[TEXT_SIZE];
    size_t machine_count; /* under how many licenses it asked */
    struct control_machine *machines;
    size_t denial_count;
    struct control_denial *denials;
};

/* Body of POST CONTROL_MACHINE + id + /block; unblock and reload have none. */
struct control_block {
    char reason[TEXT_SIZE]; /* "": none given */
};

/* Body of POST CONTROL_MACHINE + id + /label; answered as /block is. */
struct control_label {
    char label[LABEL_SIZE]; /* "": none any more */
};

/* GET CONTROL_MACHINE + id + /why: why the machine has a lease or none, as of now. */
struct control_why {
    char machine[MACHINE_ID_TEXT_SIZE];
    char license[NAME_SIZE]; /* that it is about; "": the machine never asked */
    char code[NAME_SIZE];    /* of the denial that it would get now, or got last; "ok" */
    char sentence[CONTROL_MESSAGE_SIZE];
    seconds until; /* when it resolves by itself, or the lease ends; 0: not known */
    bool blocked;
    seconds blocked_since;
    char blocked_reason[TEXT_SIZE];
};

/* Body of POST CONTROL_MACHINE + id + /reclaim. */
struct control_reclaim {
    char license[NAME_SIZE]; /* "": the one under which the machine holds a seat */
};
/* What came of a reclaim: written "free" (at once), "first" (the same, and not counted, since the machine never
 * renewed), "later" (more were reclaimed than the license allows), "again" (the same, and it was reclaimed before). */
enum control_reclaim_outcome {
    CONTROL_RECLAIM_FREE,
    CONTROL_RECLAIM_FIRST,
    CONTROL_RECLAIM_LATER,
    CONTROL_RECLAIM_AGAIN
};
/* The answer. */
struct control_reclaimed {
    char machine[MACHINE_ID_TEXT_SIZE];
    char license[NAME_SIZE];
    enum control_reclaim_outcome outcome;
    seconds reclaimed;
    seconds lease_ends; /* at the machine */
    seconds seat_until; /* when the seat is free */
    uint64_t used;      /* reclaims within 30 days that made a seat free, this one included, */
    uint64_t allowed;   /* and how many may */
    char origin[KEY_NAME_SIZE];
    uint64_t leaf; /* the leaf that says it; not of CONTROL_RECLAIM_AGAIN */
};

RESULT control_machines_write(const struct control_machines *machines, struct buffer *out);
RESULT control_machines_read(struct slice text, struct control_machines *ret_machines);
void control_machines_free(struct control_machines *machines);
RESULT control_detail_write(const struct control_detail *detail, struct buffer *out);
RESULT control_detail_read(struct slice text, struct control_detail *ret_detail);
void control_detail_free(struct control_detail *detail);
RESULT control_block_write(const struct control_block *block, struct buffer *out);
RESULT control_block_read(struct slice text, struct control_block *ret_block);
RESULT control_label_write(const struct control_label *label, struct buffer *out);
RESULT control_label_read(struct slice text, struct control_label *ret_label);
RESULT control_why_write(const struct control_why *why, struct buffer *out);
RESULT control_why_read(struct slice text, struct control_why *ret_why);
RESULT control_reclaim_write(const struct control_reclaim *reclaim, struct buffer *out);
RESULT control_reclaim_read(struct slice text, struct control_reclaim *ret_reclaim);
RESULT control_reclaimed_write(const struct control_reclaimed *reclaimed, struct buffer *out);
RESULT control_reclaimed_read(struct slice text, struct control_reclaimed *ret_reclaimed);

#endif
