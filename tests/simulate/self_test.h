/* Whether the simulation can fail: hosts that are not honest come to light, and wrong signatures are refused. */
#ifndef SIMULATE_SELF_TEST_H
#define SIMULATE_SELF_TEST_H

/* Says what it found; the exit status. */
int self_test(void);
/* The same of years. */
int self_test_year(void);

#endif
