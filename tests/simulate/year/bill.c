/* What is to be billed; see bill.h. */
#include "bill.h"

#include "audit/true_up.h"
#include "must.h"
#include "world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct bill_row *find(const struct bill *bill, const char *license, int month)
{
    for (size_t i = 0; i < bill->count; i++)
        if (bill->rows[i].month == month && strcmp(bill->rows[i].license, license) == 0)
            return &bill->rows[i];
    return NULL;
}

struct bill_row *bill_row(struct bill *bill, const char *license, int month)
{
    const struct bill_row *const found = find(bill, license, month);
    if (found != NULL)
        return &bill->rows[found - bill->rows];
    if (bill->count == BILL_ROWS_MAX)
        abort();
    struct bill_row *const row = &bill->rows[bill->count++];
    *row = (struct bill_row){.month = month};
    memcpy(row->license, license, strlen(license) + 1);
    return row;
}

static int month_of(const char *text)
{
    char *rest;
    const long year = strtol(text, &rest, 10);
    return (int)(year * 12 + strtol(rest + 1, NULL, 10) - 1);
}

/* Of two rows for one license and month the one that comes later knows all of the other. */
void bill_add(struct bill *bill, struct audit *audit)
{
    CLEANUP_TRUE_UP struct true_up true_up = {.count = 0};
    must(true_up_add(&true_up, audit, NULL));
    for (size_t i = 0; i < true_up.count; i++) {
        const struct true_up_row *const from = &true_up.rows[i];
        struct bill_row *const row = bill_row(bill, from->license->id, month_of(from->month));
        row->machines = from->machines;
        row->peak = from->peak;
        row->outstanding = from->outstanding;
    }
}

static void say_difference(struct world *world, const struct bill_row *audited, const struct bill_row *counted)
{
    world_violated(world,
                   "the true-up of %s for %d-%02d has %" PRIu64 " machines, %" PRIu64 " seats and %" PRIu64
                   " leases at the peak; the script of the year counted %" PRIu64 ", %" PRIu64 " and %" PRIu64,
                   audited->license, audited->month / 12, audited->month % 12 + 1, audited->machines, audited->peak,
                   audited->outstanding, counted->machines, counted->peak, counted->outstanding);
}

static void compare_row(struct world *world, const struct bill_row *audited, const struct bill *counted)
{
    const struct bill_row nothing = {.month = 0};
    const struct bill_row *row = find(counted, audited->license, audited->month);
    if (row == NULL)
        row = &nothing;
    if (row->machines != audited->machines || row->peak != audited->peak || row->outstanding != audited->outstanding)
        say_difference(world, audited, row);
}

void bill_compare(struct world *world, const struct bill *audited, const struct bill *counted)
{
    for (size_t i = 0; i < audited->count; i++)
        compare_row(world, &audited->rows[i], counted);
    for (size_t i = 0; i < counted->count; i++) {
        const struct bill_row *const row = &counted->rows[i];
        if (find(audited, row->license, row->month) == NULL)
            world_violated(world, "the true-up has nothing of %s for %d-%02d", row->license, row->month / 12,
                           row->month % 12 + 1);
    }
}
