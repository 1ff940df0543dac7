/*
 * The audit of one export by the desk: its file, the licenses signed for its host, the book of the audit before, and
 * what is kept of this one.
 *
 * The desk keeps where its last good audit of each ledger ended, in the folder `audit`:
 *
 *   ORIGIN.audit        the audit's book, with machines, seats and roots; ORIGIN has '+' for '/'
 *   ORIGIN.checkpoint   the checkpoint audited, as the host signed it
 *   ORIGIN.lock         held while an audit runs
 *
 * Always: an audit works on a book of its own, .ORIGIN.working, which takes the place of the kept one in a single step.
 * Failures say in the command which file they are of, and why. For one thread.
 */
#ifndef PROGRAMS_AVAL_VENDOR_AUDIT_AUDITING_H
#define PROGRAMS_AVAL_VENDOR_AUDIT_AUDITING_H

#include "command.h"
#include "desk/audit/audit.h"
#include "terminal/say.h"

#include <stdio.h>

struct audit_paths {
    char folder[PATH_SIZE];
    char kept[PATH_SIZE];
    char last_epoch[PATH_SIZE]; /* kept, of the epoch before; "": there was none */
    char working[PATH_SIZE];
    char checkpoint[PATH_SIZE];
    char told_checkpoint[PATH_SIZE]; /* kept, of the epoch that the first leaf tells of */
    char lock[PATH_SIZE];
};

struct auditing {
    struct command *command;
    const char *path; /* of the export */
    FILE *file;
    struct audit_stream *stream;
    struct roll roll;
    struct audit_paths paths;
    int lock;
    struct book_mark kept;
    struct book_mark last_epoch;
    struct checkpoint previous;
    struct audit_past past; /* points to these three where there are such */
    struct book *book;
    struct audit *audit;
    struct buffer note; /* the export's checkpoint */
    struct progress progress;
    struct result outcome; /* for whoever runs several */
    struct reason reason;
    char what[PATH_SIZE]; /* the reason is of */
};

/* Opens the export ("-": standard input), which stays open, and reads its header and the desk's licenses for its
 * ledger. `path` and `command` are borrowed. What was opened is the caller's to free, also after a failure. FILE_READ;
 * those of export_reader_next; USAGE, CHECKPOINT_ORIGIN, AUDIT_LICENSE_UNKNOWN; NO_MEMORY. */
RESULT auditing_open(struct auditing *auditing, struct command *command, const char *path);
/* Audits it. Where `audit` is set a failure of the category TRUST is its outcome. Errors of files, of the book and of
 * the audit. */
RESULT auditing_run(struct auditing *auditing);
/* Makes it the desk's last audit of the ledger, where it goes farther than that. Errors of files and of the book. */
RESULT auditing_keep(struct auditing *auditing);
/* Says on standard error what proves that the host signed two ledgers, where that is the outcome or was found. */
void auditing_hint_evidence(struct auditing *auditing, struct result outcome);
/* Closes the book and the files, and lets others audit the ledger; roll and audit stay. */
void auditing_close(struct auditing *auditing);
/* Takes one that was closed, and one that is all zero but for a lock of -1. */
void auditing_free(struct auditing *auditing);

#endif
