/*
 * The inspection of one file by `aval-vendor inspect`, and how it looks at each kind of document.
 *
 * Each inspect_X() describes first, then returns whether it verifies; a failure of the category TRUST is its verdict.
 * For one thread.
 */
#ifndef PROGRAMS_AVAL_VENDOR_INSPECT_INSPECTION_H
#define PROGRAMS_AVAL_VENDOR_INSPECT_INSPECTION_H

#include "command.h"
#include "core/tlog/note.h"
#include "terminal/report.h"

enum { TRUSTED_MAX = 16 + VENDOR_KEYS_MAX };

struct inspection {
    struct command *command;
    struct slice bytes; /* the whole file */
    struct note note;   /* where it is one */
    struct report report;
    struct verifier_key trusted[TRUSTED_MAX];
    size_t trusted_count;
    struct verifier_key signer; /* whoever it verified against */
    bool is_unsigned;           /* of a kind that nobody signs */
    bool is_unchecked;          /* something is missing that the check needs */
    struct result record;       /* how reading the desk's record went, where it was needed and there is a desk */
    struct reason record_reason;
};

/* Trusts the desk's keys, where there is a desk, and those of --vendor-key. USAGE, KEY_FORM; errors of files. */
RESULT collect_keys(struct inspection *inspection);
/* Something is missing that the check needs, in words. SIGNER_UNKNOWN. */
RESULT not_checked(struct inspection *inspection, const char *words);
/* The license of --license, once a trusted vendor key has verified it. */
RESULT read_license(struct inspection *inspection, struct license *ret_license);
/* Which of the keys signed the note. */
RESULT keep_signer(struct inspection *inspection, const struct verifier_key *keys, size_t count);

#endif
