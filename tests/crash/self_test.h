/* Whether the audit can fail: a copy of a good database is tampered with, in one way after the other, and each must be
 * found. */
#ifndef CRASH_SELF_TEST_H
#define CRASH_SELF_TEST_H

#include "series.h"

/* After a series_finish without faults. Says each way in a line; *ret_missed: how many were not found. */
RESULT self_test_run(struct series *series, unsigned *ret_missed);

#endif
