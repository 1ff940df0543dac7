/*
 * Timers that all run equally long: a queue in the order of their ends. Setting, clearing and asking cost the same
 * however many there are. Pure.
 */
#ifndef HTTP_LIMITS_TIMERS_H
#define HTTP_LIMITS_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
    struct timer *previous; /* NULL: not set */
    struct timer *next;
    int64_t end; /* milliseconds */
};

struct timers {
    struct timer ends; /* of the ring */
    int64_t length;    /* milliseconds */
};

/* The ring points into itself: do not move it. */
void timers_make(struct timers *timers, int64_t length);
/* Sets it, or sets it anew. `now` never runs backwards. */
void timer_set(struct timers *timers, struct timer *timer, int64_t now);
/* Takes one that is not set, too. */
void timer_clear(struct timer *timer);
bool timer_is_set(const struct timer *timer);
/* The one that ends first; NULL: none is set. */
struct timer *timers_first(const struct timers *timers);

#endif
