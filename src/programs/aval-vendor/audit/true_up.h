/*
 * The true-up: what is to be billed, a row for each license and month, over all exports that were audited together.
 *
 * A license's seats are counted in the book of its host's ledger, which goes on from one epoch to the next and from one
 * export to the next; so of two rows for one license and month the one that was added later knows all of the other. For
 * one thread.
 */
#ifndef PROGRAMS_AVAL_VENDOR_AUDIT_TRUE_UP_H
#define PROGRAMS_AVAL_VENDOR_AUDIT_TRUE_UP_H

#include "desk/audit/audit.h"
#include "terminal/report.h"

enum { MONTH_TEXT_SIZE = 16, TRUE_UP_CSV_MAX = 256 * 1024 * 1024 };

struct true_up_row {
    const struct license *license; /* of the audit's roll */
    char month[MONTH_TEXT_SIZE];
    uint64_t machines;
    uint64_t peak;
    uint64_t outstanding;
    uint64_t overage; /* seats beyond those bought, at the peak */
};

/* Begins all zero. */
struct true_up {
    struct true_up_row *rows; /* ascending by license and month */
    size_t count;
    size_t capacity;
    /* The earliest end of an export with leaves, or where hosts that licenses join were counted together last: what
     * came later may be missing; 0: nothing is final. */
    bool has_end;
    seconds final_until;
};
void true_up_free(struct true_up *true_up);
#define CLEANUP_TRUE_UP __attribute__((cleanup(true_up_free)))

/* Adds what an audit that verified found, in the order of the audits. Its roll is borrowed, its book is not.
 * STORE_FAILED, NO_MEMORY. */
RESULT true_up_add(struct true_up *true_up, struct audit *audit, struct reason *reason);

/* For people, a table on standard output. NO_MEMORY. */
RESULT true_up_print(const struct true_up *true_up);
/* The list `true_up` of the report. */
void true_up_describe(const struct true_up *true_up, struct report *report);
/* CSV (RFC 4180), with a header line. Appends. NO_MEMORY, TEXT_TOO_LONG. */
RESULT true_up_csv(const struct true_up *true_up, struct buffer *out);

#endif
