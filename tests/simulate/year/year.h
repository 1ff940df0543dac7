/*
 * A year of one organisation: one host, one vendor with a volume license and a counted one beside it, and 30 to 60
 * machines, day by day. What happens is a script (script.c) whose shape is fixed and whose dates and names are drawn
 * from the seed. See docs/testing.md.
 *
 * After each answer it is what the rules say (reckoning.h), after each day everybody is licensed who should be, and at
 * the end the audit finds nothing and its true-up is what the script has counted (counting.h).
 */
#ifndef SIMULATE_YEAR_H
#define SIMULATE_YEAR_H

#include "counting.h"
#include "world.h"

enum { YEAR_DAYS = 365, WEEK = 7, PLANS_MAX = 512 };

/* What is bent in a year, to see that it is noticed. */
enum year_bend {
    YEAR_STRAIGHT,
    YEAR_DENIES_SEATS,  /* the host has fewer seats than its license */
    YEAR_GRANTS_BEYOND, /* or more */
    YEAR_LETS_STRANGERS_IN,
    YEAR_BILLS_WRONG, /* the vendor: a machine, a seat or a lease too many */
};

/* A machine of the organisation, and how it is. */
struct computer {
    struct machine *machine;
    enum line line;
    size_t key;   /* its present one, in the reckoning */
    seconds slot; /* of the day, when its timer runs */
    bool retired;
    bool lost;
    int away_until; /* it is off before that day */
    bool owed;      /* by the rules it has a lease since it asked today, */
    bool denied;    /* or it was answered something else */
};

/* Something that is to happen on a day. */
struct plan {
    bool waits;
    int day;
    size_t event; /* of the table in script.c */
    size_t whom;
};

struct year {
    struct world *world;
    struct vendor *vendor;
    enum year_bend bend;
    int day;
    size_t computer_count;
    struct computer computers[MACHINES_MAX];
    size_t order[MACHINES_MAX]; /* by slot */
    bool imported[LICENSES_MAX];
    seconds
        fits[LICENSES_MAX]; /* since then no more seats of the license are held than there are; 0: they always were */
    struct reckoning reckoning;
    struct counting counting;
    struct reckoning archived; /* as they were when the host was archived last */
    size_t archived_count;
    size_t plan_count;
    struct plan plans[PLANS_MAX];
    seconds lease;
    seconds first_lease; /* 0: as all */
    bool flood;          /* today at noon */
    bool restore;        /* this evening */
    struct bill audited; /* of the year at once, */
    struct bill visited; /* and in parts */
    struct bill counted;
};

/* Runs the year of that seed; what was violated stands in the world. */
void year_run(struct world *world, const struct world_options *options, enum year_bend bend);

/* ---- for its parts ---- */

uint64_t year_draw(struct year *year, uint64_t below);
/* from .. until */
int year_draw_between(struct year *year, int from, int until);
/* A few minutes of the working day go by. */
void year_pause(struct year *year);
/* Whether the operator can do anything today: the host is up, with the right time. */
bool year_operator_can(const struct year *year);

#endif
