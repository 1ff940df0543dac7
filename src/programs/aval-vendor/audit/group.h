/*
 * The audit of the exports of all hosts that licenses join, and the book that the desk keeps of them.
 *
 * The desk keeps where its last good audit of them ended, in the folder `audit`:
 *
 *   HOST.audit          the book, with machines, seats and roots; of several hosts the first that was audited. The name
 *                       of the host's key has '+' for '/'
 *   ORIGIN.checkpoint   the last checkpoint audited of each ledger, as its host signed it
 *   HOST.lock           held while an audit runs; of several hosts the first by name
 *
 * Always: an audit works on a book of its own, .HOST.working, which takes the place of the kept one in a single step.
 * Failures say in the command which file they are of, and why. For one thread.
 */
#ifndef PROGRAMS_AVAL_VENDOR_AUDIT_GROUP_H
#define PROGRAMS_AVAL_VENDOR_AUDIT_GROUP_H

#include "audit/auditing.h"
#include "terminal/say.h"

struct group {
    struct command *command;
    struct auditing *each; /* borrowed; those of a host together, by epoch and beginning */
    size_t count;
    struct walk_export *exports;
    struct audit_walk walk;
    struct book *book;
    size_t missing; /* hosts of which there is nothing */
    int lock;
    char kept[PATH_SIZE];
    char working[PATH_SIZE];
    struct progress progress;
};

/* Whether both exports are of hosts that licenses join. */
bool group_has(const struct auditing *first, const struct auditing *other);
/* Audits them. After a failure each says in `outcome` what became of it; one whose audit came to its end says OK in
 * `done`. The failure is of the export `walk.at`, or of a file. */
RESULT group_run(struct group *group);
/* Whether nothing is known of that host, so that what is counted lacks it. */
bool group_misses(const struct group *group, const char *host);
/* Makes it the desk's last audit of them, where it goes farther than that. Errors of files and of the book. */
RESULT group_keep(struct group *group);
/* Closes the book, and lets others audit. */
void group_close(struct group *group);

#endif
