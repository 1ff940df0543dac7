/* What the audit of an export found, for people and programs: its outcome and the findings. For one thread. */
#ifndef PROGRAMS_AVAL_VENDOR_AUDIT_REPORT_H
#define PROGRAMS_AVAL_VENDOR_AUDIT_REPORT_H

#include "desk/audit/audit.h"
#include "terminal/report.h"

/* Adds the fields of one audit to an object of the report; for people the findings follow as a table on standard
 * output. `outcome` is that of audit_run; where it failed the leaves are not signed. NO_MEMORY. */
RESULT audit_report(struct report *report, const struct audit *audit, struct result outcome);
/* How many entries of epochs before are told of and were never shown to the desk; its true-up lacks them. Only before
 * the book is closed. */
uint64_t audit_unseen(const struct audit *audit);
/* The findings alone, a line each, on standard error. */
void audit_hint_findings(const struct audit *audit);

#endif
