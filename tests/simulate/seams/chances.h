/* What stands for the entropy of the system, and for its clock: both come from the seed and the world alone. */
#ifndef SIMULATE_CHANCES_H
#define SIMULATE_CHANCES_H

#include "base/time.h"

#include <stdint.h>

/* Entropy, for the library's and the host's calls, from this seed on. */
void entropy_seed(uint64_t seed);
/* What clock_now() shows, for those who have no clock of their own. */
void clock_set(seconds now);

#endif
