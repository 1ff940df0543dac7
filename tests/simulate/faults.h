/* What goes wrong in a world, and how it is set right. A new fault is a row of the table in faults.c. */
#ifndef SIMULATE_FAULTS_H
#define SIMULATE_FAULTS_H

#include <stdbool.h>

struct world;

/* One of them, drawn from the seed. */
void fault_draw(struct world *world);
/* Those whose time has passed end: the host is started again, clocks are set, a disk has room. */
void faults_pass(struct world *world);
/* The operator looks at the host's status and does what it tells him; returns whether there was anything. */
bool faults_watch(struct world *world);
/* All of them end now, and the operator does what the host's status tells him. */
void faults_heal(struct world *world);

#endif
