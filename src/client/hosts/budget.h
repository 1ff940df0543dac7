/*
 * The time of one attempt, shared among the hosts that are asked in it. Pure, thread-safe.
 *
 * Always: however many hosts are silent, and whatever each of them does, none takes time that was set aside for the
 * ones behind it, and together they take no more than there is.
 */
#ifndef CLIENT_HOSTS_BUDGET_H
#define CLIENT_HOSTS_BUDGET_H

#include <stddef.h>
#include <stdint.h>

/* What a host is given at least, while so much is left: in less, no host on the other side of the world answers. With
 * the usual ten seconds there is as much for each of the most hosts that there can be. */
enum { SHARE_LEAST_MS = 500 };

/* When an attempt ends, and the share of whoever is asked now: milliseconds of the monotonic clock. */
struct budget {
    int64_t ends;
    int64_t share_ends;
};

/* All of `whole` milliseconds from now on, in one share. */
struct budget budget_begin(int64_t now, unsigned whole);
/* Gives the one that is asked next its share of what is left, `waiting` (at least 1) being all that are still to be
 * asked, itself included. What is not used falls to those behind it. */
void budget_share(struct budget *budget, int64_t now, size_t waiting);
/* What is left of the share; 0: nothing. */
unsigned budget_left(const struct budget *budget, int64_t now);

#endif
