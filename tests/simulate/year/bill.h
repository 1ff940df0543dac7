/*
 * What is to be billed for a year, a row for each license and month: as the vendor's audit has it, and as the script of
 * the year has counted it (counting.h). The two must be the same, number by number.
 */
#ifndef SIMULATE_BILL_H
#define SIMULATE_BILL_H

#include "core/limits.h"

#include <stddef.h>
#include <stdint.h>

enum { BILL_ROWS_MAX = 64 };

struct bill_row {
    char license[NAME_SIZE];
    int month; /* year * 12 + month (0-based) */
    uint64_t machines;
    uint64_t peak;
    uint64_t outstanding;
};

struct bill {
    size_t count;
    struct bill_row rows[BILL_ROWS_MAX]; /* in no order */
};

struct audit;
struct world;

/* The row of that license and month; made where there is none. */
struct bill_row *bill_row(struct bill *bill, const char *license, int month);
/* Adds what the true-up has after that audit. */
void bill_add(struct bill *bill, struct audit *audit);
/* Tells the world where the two differ. */
void bill_compare(struct world *world, const struct bill *audited, const struct bill *counted);

#endif
