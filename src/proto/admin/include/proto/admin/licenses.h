/* Licenses and their figures, as the operator sees them; see limits.h for what all messages have in common. */
#ifndef PROTO_ADMIN_LICENSES_H
#define PROTO_ADMIN_LICENSES_H

#include "proto/admin/limits.h"

enum control_license_state {
    CONTROL_LICENSE_IN_FORCE,
    CONTROL_LICENSE_NOT_YET_VALID,
    CONTROL_LICENSE_ENDED,
    CONTROL_LICENSE_REPLACED,
    CONTROL_LICENSE_REVOKED,
};
/* "in-force", "not-yet-valid", "ended", "replaced", "revoked" */
const char *control_license_state_name(enum control_license_state state);

struct control_license {
    char id[NAME_SIZE];
    char vendor[NAME_SIZE];
    char customer[TEXT_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    enum control_license_state state;
    bool test;                   /* for trying out */
    char replaced_by[NAME_SIZE]; /* what takes its place; "": nothing that the host has */
    seconds replaced_from;       /* and from when on */
    bool followed;               /* machines can go on after its end, with that or another one */
    uint64_t count;              /* with those of the licenses whose place it has taken, as is `held` */
    uint64_t threshold;
    uint64_t held;
    uint64_t seats;
    uint64_t overage;
    uint64_t overage_used; /* of those, how many are held */
    seconds lease;
    seconds renew;
    seconds retry;
    seconds not_before;
    seconds not_after;
};

/* GET CONTROL_LICENSES */
struct control_licenses {
    seconds now;
    size_t count;
    struct control_license *licenses;
};

RESULT control_licenses_write(const struct control_licenses *licenses, struct buffer *out);
RESULT control_licenses_read(struct slice text, struct control_licenses *ret_licenses);
void control_licenses_free(struct control_licenses *licenses);

#endif
