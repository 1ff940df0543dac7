/* What an audit found, for people and programs: its outcome, the findings, and the true-up. For one thread. */
#ifndef PROGRAMS_AVAL_VENDOR_AUDIT_REPORT_H
#define PROGRAMS_AVAL_VENDOR_AUDIT_REPORT_H

#include "desk/audit/audit.h"

enum { TRUE_UP_CSV_MAX = 256 * 1024 * 1024 };

/* The whole report on standard output, as lines and tables or as one JSON object. `outcome` is that of audit_run; where
 * it failed the leaves are not signed, and there is no true-up. STORE_FAILED, NO_MEMORY. */
RESULT audit_report(struct audit *audit, struct result outcome, bool json, struct reason *reason);
/* The findings alone, a line each, on standard error. */
void audit_hint_findings(const struct audit *audit);
/* The true-up as CSV (RFC 4180), with a header line. Appends. STORE_FAILED, NO_MEMORY, TEXT_TOO_LONG. */
RESULT audit_true_up_csv(struct audit *audit, struct buffer *out, struct reason *reason);

#endif
