/* A vendor's desk that audits while the world goes on. */
#ifndef SIMULATE_VISITS_H
#define SIMULATE_VISITS_H

#include <stdbool.h>

struct world;

/* Its book; all zero: it was not there yet. */
struct desk {
    unsigned books;
    bool parted; /* from its host, which has signed two trees */
};

/* Of an honest host, one of so many times and of chances of its own: so a world is the same whether it comes or not. */
void visits_pass(struct world *world);
/* Now. */
void visits_now(struct world *world);
/* A last time, and no more. */
void visits_end(struct world *world);

#endif
