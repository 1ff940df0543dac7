/* The machines of a year: what they ask and are answered, held against the reckoning. */
#ifndef SIMULATE_COMPUTERS_H
#define SIMULATE_COMPUTERS_H

#include "year.h"

/* A new one; returns its number. */
size_t computer_join(struct year *year, enum line line);
/* Whether it is on today. */
bool computer_is_on(const struct year *year, const struct computer *computer);
bool computer_holds(const struct year *year, const struct computer *computer);
/* Its timer, or with `force` its user, asks, where that is due. */
void computer_ask(struct year *year, struct computer *computer, bool force);
/* The day's timers, each at its time, and once more for whoever has no lease then. */
void computers_run(struct year *year);
void computer_retire(struct year *year, struct computer *computer);
/* It is set up anew, with a new key; returns the old one. */
size_t computer_reinstall(struct year *year, struct computer *computer);

/* Invented machines ask, so many. */
void flood_of_strangers(struct year *year, unsigned count);

/* At the end of a day: whoever should be licensed is. */
void computers_judge(struct year *year);

#endif
