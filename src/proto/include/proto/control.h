/*
 * Messages of the control interface (proto/api.h, CONTROL_*): JSON between avald and avalctl.
 *
 * Reader and writer of each message are one walk over its fields, in control.c, so that what one writes the other
 * reads. Times are seconds since 1970 and 0 where there is none, durations seconds. Readers ignore keys they do not
 * know, so that a newer host can say more; they report HOST_ANSWER for everything else that is not such a message.
 * Writers append to a buffer: NO_MEMORY, TEXT_TOO_LONG, INTERNAL where a text is not UTF-8. Pure, thread-safe.
 */
#ifndef PROTO_CONTROL_H
#define PROTO_CONTROL_H

#include "base/hash.h"
#include "base/time.h"
#include "core/documents/documents.h"

enum {
    CONTROL_PAGE_MAX = 1000,    /* machines or denials in one answer */
    CONTROL_PAGE_USUAL = 100,   /* where the question names no limit */
    CONTROL_DENIALS_SHOWN = 10, /* the last ones, in the detail of a machine */
    CONTROL_BODY_MAX = 4096,    /* of a question */
    CONTROL_ANSWER_MAX = 64 * 1024 * 1024,
    CONTROL_CURSOR_SIZE = 64,
    CONTROL_VERSION_SIZE = 32,
    CONTROL_ADDRESS_SIZE = 64,
    CONTROL_MESSAGE_SIZE = 512,
    CONTROL_POSITION_SIZE = 1024,
    CONTROL_DENIED_MAX = 256,
    CONTROL_ROOT_SIZE = BASE64_LENGTH(HASH_SIZE) + 1,
    MACHINE_PREFIX_LEAST = 4, /* digits of a machine id that stand for the whole, where they are unique */
};

enum control_license_state {
    CONTROL_LICENSE_IN_FORCE,
    CONTROL_LICENSE_NOT_YET_VALID,
    CONTROL_LICENSE_ENDED,
    CONTROL_LICENSE_REVOKED,
};
/* "in-force", "not-yet-valid", "ended", "revoked" */
const char *control_license_state_name(enum control_license_state state);

struct control_license {
    char id[NAME_SIZE];
    char vendor[NAME_SIZE];
    char customer[TEXT_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    enum control_license_state state;
    uint64_t count;
    uint64_t threshold;
    uint64_t held;
    uint64_t seats;
    uint64_t overage;
    seconds lease;
    seconds renew;
    seconds retry;
    seconds not_before;
    seconds not_after;
};

/* What the host keeps for one vendor. */
struct control_ledger {
    char vendor[NAME_SIZE];
    char origin[KEY_NAME_SIZE];
    uint64_t size;                           /* leaves in the database */
    uint64_t checkpoint_size;                /* of the last checkpoint that was given out; 0: none */
    char checkpoint_root[CONTROL_ROOT_SIZE]; /* base64; "": none */
    uint64_t revocations;                    /* sequence of the newest; 0: none */
};

/* GET CONTROL_LICENSES */
struct control_licenses {
    seconds now;
    size_t count;
    struct control_license *licenses;
};

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
    uint64_t granted;
    uint64_t repeated;
    uint64_t released;
    size_t denied_count;
    struct control_denied {
        char code[NAME_SIZE];
        uint64_t count;
    } denied[CONTROL_DENIED_MAX];
    uint64_t batches;
    uint64_t signatures;
    uint64_t largest_batch;
    uint64_t queued;
    char trouble[NAME_SIZE]; /* code; "": none */
};

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
    seconds expires;
    bool released;
    uint64_t leaf;
    char last_denial[NAME_SIZE]; /* code; "": the last answer was a lease */
    char address[CONTROL_ADDRESS_SIZE];
    bool blocked;
    seconds blocked_since;
    char blocked_reason[TEXT_SIZE];
};

/* GET CONTROL_MACHINES */
struct control_machines {
    seconds now;
    size_t count;
    struct control_machine *machines;
    char next[CONTROL_CURSOR_SIZE]; /* `after` of the next page; "": this was the last */
};

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
    uint64_t next; /* `before` of the next page; 0: this was the last */
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

/* Answer to POST CONTROL_RELOAD */
struct control_reloaded {
    bool done; /* false: it was asked for, and takes longer than the host waits */
    uint64_t vendors;
    uint64_t licenses;
};

/* GET CONTROL_CHECKPOINT: what was signed last for a vendor's ledger. */
struct control_checkpoint {
    char vendor[NAME_SIZE];
    char origin[KEY_NAME_SIZE];
    uint64_t size;
    char root[CONTROL_ROOT_SIZE];   /* base64 */
    char note[PUBLISHED_NOTE_SIZE]; /* as signed */
};

/* Something that the check of a ledger found. */
struct control_finding {
    char message[CONTROL_MESSAGE_SIZE];
    bool not_signed; /* what the database holds is not what was signed; otherwise it contradicts itself */
};

/* Answer to POST CONTROL_VERIFY: a stretch of the check of a ledger. */
struct control_verified {
    char vendor[NAME_SIZE];
    char origin[KEY_NAME_SIZE];
    char stage[NAME_SIZE];
    uint64_t looked_at; /* in this stage */
    uint64_t total;     /* of it; 0: not known */
    bool finished;
    char position[CONTROL_POSITION_SIZE]; /* body of the next POST */
    size_t finding_count;                 /* of this stretch */
    struct control_finding *findings;
};

/* Every answer whose HTTP status is not 200. */
struct control_failure {
    char code[NAME_SIZE];
    char message[CONTROL_MESSAGE_SIZE];
};

RESULT control_status_write(const struct control_status *status, struct buffer *out);
RESULT control_status_read(struct slice text, struct control_status *ret_status);
void control_status_free(struct control_status *status);

RESULT control_licenses_write(const struct control_licenses *licenses, struct buffer *out);
RESULT control_licenses_read(struct slice text, struct control_licenses *ret_licenses);
void control_licenses_free(struct control_licenses *licenses);

RESULT control_machines_write(const struct control_machines *machines, struct buffer *out);
RESULT control_machines_read(struct slice text, struct control_machines *ret_machines);
void control_machines_free(struct control_machines *machines);

RESULT control_denials_write(const struct control_denials *denials, struct buffer *out);
RESULT control_denials_read(struct slice text, struct control_denials *ret_denials);
void control_denials_free(struct control_denials *denials);

RESULT control_detail_write(const struct control_detail *detail, struct buffer *out);
RESULT control_detail_read(struct slice text, struct control_detail *ret_detail);
void control_detail_free(struct control_detail *detail);

RESULT control_block_write(const struct control_block *block, struct buffer *out);
RESULT control_block_read(struct slice text, struct control_block *ret_block);
RESULT control_reloaded_write(const struct control_reloaded *reloaded, struct buffer *out);
RESULT control_reloaded_read(struct slice text, struct control_reloaded *ret_reloaded);
RESULT control_checkpoint_write(const struct control_checkpoint *checkpoint, struct buffer *out);
RESULT control_checkpoint_read(struct slice text, struct control_checkpoint *ret_checkpoint);
RESULT control_verified_write(const struct control_verified *verified, struct buffer *out);
RESULT control_verified_read(struct slice text, struct control_verified *ret_verified);
void control_verified_free(struct control_verified *verified);
RESULT control_failure_write(const struct control_failure *failure, struct buffer *out);
RESULT control_failure_read(struct slice text, struct control_failure *ret_failure);

#endif
