/* The end of a world: everything is looked at once more, from outside. */
#ifndef SIMULATE_ENDING_H
#define SIMULATE_ENDING_H

struct world;

/* After everything has been set right: every machine that there is a seat for is licensed. */
void ending_check_machines(struct world *world);
/* Ledgers, audits and evidence; the host is down afterwards. Of a host that was not honest: whether that was noticed.
 */
void ending_check_ledgers(struct world *world);

#endif
