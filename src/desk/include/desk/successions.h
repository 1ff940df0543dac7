/*
 * Which of a desk's licenses took the place of which.
 *
 * Always: what is revoked takes nobody's place. A picture of the record as it was read; for one thread.
 */
#ifndef DESK_SUCCESSIONS_H
#define DESK_SUCCESSIONS_H

#include "desk/desk.h"

struct succession {
    char before[NAME_SIZE]; /* id of the license that is replaced */
    char by[NAME_SIZE];     /* and of the one that replaces it */
    seconds begins;         /* when it does */
};

struct successions {
    struct succession *list; /* in the order of signing */
    size_t count;
};

/* Reads the record. Errors of desk_each_license(); NO_MEMORY. Yours by successions_free(). */
RESULT successions_read(struct desk *desk, const struct revocations *revocations, struct successions *ret_successions,
                        struct reason *reason);
/* Takes one that is all zero. */
void successions_free(struct successions *successions);
#define CLEANUP_SUCCESSIONS __attribute__((cleanup(successions_free)))

/* What has taken the license's place at that time: of those that have begun the one signed last; where none has, the
 * one that begins first. NULL where nothing replaces it. Borrowed. */
const struct succession *successions_of(const struct successions *successions, const char *license, seconds now);

#endif
