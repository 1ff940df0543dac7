/*
 * What a request may leave behind for the operator: a line of log, and a kept denial. For the engine's thread.
 *
 * Anybody can have himself denied, or answered again, as often as he likes, by signing a new number each time: with a
 * key that he made up, or with one that got a row. So all that leaves no leaf is bounded, of machines that are not
 * known as the rates are of new ones, and of the others each. What is beyond is answered, counted, and changes its row
 * all the same.
 */
#ifndef HOST_ENGINE_RATES_TRACES_H
#define HOST_ENGINE_RATES_TRACES_H

#include "batch/entry.h"

struct engine;

enum {
    /* Of each machine that is known. One that is denied asks again after a license's retry, an hour by default; a
     * person at it may try a dozen times. Beyond that another line says nothing which the last did not. */
    TRACES_AT_ONCE = 20,
    TRACES_PER_HOUR = 20,
    /* Of machines for which there is no place beside those of whom something was told a while ago: where more than
     * RATES_PLACES are denied at once it is a fleet that has trouble. A tenth of the denials that are kept, so that
     * those push nobody else's out. */
    TRACES_BEYOND_AT_ONCE = 10000,
    TRACES_BEYOND_PER_HOUR = 10000,
};

/* Of a denial, its machines being fetched: sets `traced`, or `untold` and `quiet` of one that is not known, or
 * `left_out`. */
void trace_denial(struct engine *engine, struct entry *entry, enum error_code code);
/* Of what the host could not do, whoever asked for it: whether the log is to say it. */
bool trace_trouble(struct engine *engine, struct entry *entry);
/* Of an entry that is answered: what has not been asked for yet. */
void trace_answer(struct engine *engine, struct entry *entry);
/* Of a batch that the store did not take: its denial was not kept. */
void trace_forget(struct engine *engine, struct entry *entry);

#endif
