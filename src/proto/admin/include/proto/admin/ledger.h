/* What was signed for a ledger, its epochs, and what the check of it found; see limits.h for what all messages have in
 * common. */
#ifndef PROTO_ADMIN_LEDGER_H
#define PROTO_ADMIN_LEDGER_H

#include "proto/admin/limits.h"

/* GET CONTROL_CHECKPOINT: what was signed last for a vendor's ledger. */
struct control_checkpoint {
    char vendor[NAME_SIZE];
    char origin[KEY_NAME_SIZE];
    uint64_t size;
    char root[CONTROL_ROOT_SIZE];   /* base64 */
    char note[PUBLISHED_NOTE_SIZE]; /* as signed */
};

/* One epoch of a vendor's ledger, as the database has it. */
struct control_epoch {
    uint64_t epoch;
    char origin[KEY_NAME_SIZE];
    uint64_t leaves;
    uint64_t signed_size; /* of the last checkpoint there is: so many can be exported */
    seconds first;        /* when its first leaf was written, and its last; 0: not known */
    seconds last;
    bool newest; /* the one that goes on */
};

/* GET CONTROL_EPOCHS: all of them, ascending. */
struct control_epochs {
    char vendor[NAME_SIZE];
    size_t count;
    struct control_epoch *epochs;
    uint64_t next; /* for `after`, where there are more; 0: these are all */
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
    uint64_t next_epoch;                  /* to be checked then; 0: this one was the last, or is not finished */
    char position[CONTROL_POSITION_SIZE]; /* body of the next POST */
    size_t finding_count;                 /* of this stretch */
    struct control_finding *findings;
};

RESULT control_checkpoint_write(const struct control_checkpoint *checkpoint, struct buffer *out);
RESULT control_checkpoint_read(struct slice text, struct control_checkpoint *ret_checkpoint);
RESULT control_epochs_write(const struct control_epochs *epochs, struct buffer *out);
RESULT control_epochs_read(struct slice text, struct control_epochs *ret_epochs);
void control_epochs_free(struct control_epochs *epochs);
RESULT control_verified_write(const struct control_verified *verified, struct buffer *out);
RESULT control_verified_read(struct slice text, struct control_verified *ret_verified);
void control_verified_free(struct control_verified *verified);

#endif
