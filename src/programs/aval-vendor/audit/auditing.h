/*
 * One export: its file, the licenses signed for its host and those joined with it, and what came out of its audit.
 *
 * Failures say in the command which file they are of, and why. For one thread.
 */
#ifndef PROGRAMS_AVAL_VENDOR_AUDIT_AUDITING_H
#define PROGRAMS_AVAL_VENDOR_AUDIT_AUDITING_H

#include "command.h"
#include "desk/audit/walk.h"

#include <stdio.h>

struct auditing {
    struct command *command;
    const char *path; /* of the export */
    FILE *file;
    struct audit_stream *stream;
    struct roll roll;
    bool has_previous;
    struct checkpoint previous; /* kept by the vendor */
    struct audit *audit;
    struct buffer note;    /* the export's checkpoint */
    bool done;             /* its audit came to the end */
    struct result outcome; /* where it did not: why, */
    struct reason reason;
    char what[PATH_SIZE]; /* which the reason is of */
};

/* The file in which the desk keeps something of a ledger; the name of its origin has '+' for '/'. TEXT_TOO_LONG. */
RESULT kept_path(const struct command *command, const char *origin, const char *ending,
                 char ret_path[static PATH_SIZE]);

/* Opens the export ("-": standard input), which stays open, and reads its header, the desk's licenses for its ledger
 * and the checkpoint given with it. `path` and `command` are borrowed. What was opened is the caller's to free, also
 * after a failure. FILE_READ; those of export_reader_next and roll_open_checkpoint; USAGE, CHECKPOINT_ORIGIN,
 * AUDIT_LICENSE_UNKNOWN; NO_MEMORY. */
RESULT auditing_open(struct auditing *auditing, struct command *command, const char *path);
/* Says on standard error what proves that the host signed two ledgers, where that is the outcome or was found. */
void auditing_hint_evidence(const struct auditing *auditing, struct result outcome);
/* Takes one that was not opened, all zero. */
void auditing_free(struct auditing *auditing);

#endif
