/* What people ask of a store, and what the operator says of machines; see store.h. */
#ifndef STORE_OPERATORS_H
#define STORE_OPERATORS_H

#include "store/machines.h"

enum {
    DENIALS_KEPT = 100000, /* the newest; older ones are dropped as new ones come */
    DENIAL_TEXT_SIZE = DENIAL_MESSAGE_SIZE,
    BLOCK_REASON_SIZE = 129,
};

/* ---- blocks ---- */

/* Blocking concerns the machine under every license. Reason: "" for none. Where it is blocked already the date stays,
 * and so does the reason unless another one is given. */
RESULT store_block(struct store *store, const struct machine_id *machine, seconds now, const char *why,
                   struct reason *reason);
/* NOT_FOUND where it is not blocked. */
RESULT store_unblock(struct store *store, const struct machine_id *machine, struct reason *reason);
RESULT store_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked, struct reason *reason);

/* ---- labels ---- */

/* What the operator calls a machine, under every license; "" takes it away. TEXT_TOO_LONG. */
RESULT store_label(struct store *store, const struct machine_id *machine, const char *label, struct reason *reason);

/* ---- lists ---- */

/* A machine as lists show it. */
struct machine_entry {
    uint32_t license;
    struct machine_id machine;
    struct machine_row row;
    bool blocked;
    seconds blocked_since;
    char blocked_reason[BLOCK_REASON_SIZE];
    char label[LABEL_SIZE];
};
struct machine_filter {
    uint32_t license;      /* 0: any */
    const char *id_prefix; /* hex digits; NULL: any */
    const char *address;   /* exact; NULL: any */
    bool blocked_only;
    bool holding_only; /* with an unexpired lease as of `now` */
    seconds now;
    /* Continues behind this one, in the order of license and machine id; NULL: from the start. */
    const struct machine_entry *after;
    size_t limit; /* at least 1 */
};
/* Calls `each` for at most `limit` machines that pass the filter, ascending by license and machine id. A blocked
 * machine that never asked is listed once, under license 0. Stops early when `each` returns false. `each` must not ask
 * the store for machines or figures. */
RESULT store_machines(struct store *store, const struct machine_filter *filter,
                      bool (*each)(void *context, const struct machine_entry *entry), void *context,
                      struct reason *reason);

/* ---- denials ---- */

struct denial_entry {
    uint64_t number; /* ascending in time; given by the store */
    seconds time;
    struct machine_id machine;
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    uint32_t code; /* enum error_code */
    char message[DENIAL_TEXT_SIZE];
    char address[ADDRESS_TEXT_SIZE];
};
/* Inside a transaction. `number` of the argument is not read. */
RESULT store_denial_add(struct store *store, const struct denial_entry *entry, struct reason *reason);
/* The newest first; `machine` NULL: of all; `before` 0: from the newest, otherwise those with a lower number. */
RESULT store_denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                     bool (*each)(void *context, const struct denial_entry *entry), void *context,
                     struct reason *reason);

#endif
