/* What happens in a year: a table of events, each so many times on days within some, and what follows from them. */
#ifndef SIMULATE_SCRIPT_H
#define SIMULATE_SCRIPT_H

#include "year.h"

/* Draws the year: its license terms, machines and dates. The host is up afterwards, with its licenses of the first
 * day. */
void script_begin(struct year *year);
/* What is to happen on this day, before and after the machines' timers. */
void script_morning(struct year *year);
void script_evening(struct year *year);

#endif
