/* A year, day by day; see year.h. */
#include "year.h"

#include "computers.h"
#include "ending.h"
#include "script.h"

#include <stdlib.h>
#include <string.h>

enum { STRANGERS = 200, VISIT_EACH = 60 /* days */ };

uint64_t year_draw(struct year *year, uint64_t below)
{
    return world_draw(year->world, below);
}

int year_draw_between(struct year *year, int from, int until)
{
    const int days = until - from + 1;
    return from + (int)year_draw(year, (uint64_t)days);
}

void year_pause(struct year *year)
{
    world_pass(year->world, 1 + (seconds)year_draw(year, 3 * MINUTE));
}

bool year_operator_can(const struct year *year)
{
    return year->world->host.up && year->world->host.clock_error == 0;
}

/* ---- what was bought ---- */

/* Never more seats than were bought; where the license has fewer than the one before it, more are held for as long as
 * leases of that one run and nobody has given seats back. */
static void judge_bought(struct year *year, const struct bill_row *row)
{
    const struct license *const license = vendor_find(year->vendor, row->license);
    const size_t number = (size_t)(license - year->vendor->licenses);
    const bool fits = year->fits[number] > 0 && row->month > time_month(year->fits[number]);
    uint64_t bought = all_seats(license);
    for (size_t i = 0; i < number && !fits; i++)
        if (line_of(&year->vendor->licenses[i]) == line_of(license) && all_seats(&year->vendor->licenses[i]) > bought)
            bought = all_seats(&year->vendor->licenses[i]);
    if (row->peak > bought)
        world_violated(year->world, "%llu seats of %s are held, and %llu were bought", (unsigned long long)row->peak,
                       row->license, (unsigned long long)bought);
}

static void judge_bill(struct year *year)
{
    counting_bill(&year->counting, &year->reckoning, year->vendor, &year->counted);
    bill_compare(year->world, &year->audited, &year->counted);
    bill_compare(year->world, &year->visited, &year->counted);
    for (size_t i = 0; i < year->audited.count; i++)
        judge_bought(year, &year->audited.rows[i]);
}

/* One number of one row is one too many, each of them in turn. The world keeps the violation where all were noticed. */
static void bend_bill(struct year *year)
{
    struct world *const world = year->world;
    struct bill_row *const row = &year->audited.rows[year->audited.count / 2];
    uint64_t *const numbers[] = {&row->machines, &row->peak, &row->outstanding};
    bool all = world->violation[0] == 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        world->violation[0] = 0;
        (*numbers[i])++;
        bill_compare(world, &year->audited, &year->counted);
        (*numbers[i])--;
        all = all && world->violation[0] != 0;
    }
    if (!all)
        world->violation[0] = 0;
}

/* ---- days ---- */

/* Nobody is there on two days of seven. */
static bool is_working_day(const struct year *year)
{
    return year->day % WEEK < 5;
}

static void run_day(struct year *year)
{
    struct world *const world = year->world;
    const seconds morning = BEGINNING + year->day * DAY;
    world_pass(world, morning > world->now ? morning - world->now : 0);
    year->flood = false;
    script_morning(year);
    computers_run(year);
    script_evening(year);
    computers_judge(year);
    host_tend(&world->host);
    if (year->day % VISIT_EACH == VISIT_EACH - 1 && world->dishonesty == HONEST && world->violation[0] == 0)
        visits_now(world);
}

/* Nobody outside the organisation has a seat of it, whatever he invents: its host asks for its site key. */
static void let_strangers_ask(struct year *year)
{
    if (year->day == YEAR_DAYS / 2)
        flood_of_strangers(year, STRANGERS);
}

static void begin(struct year *year, struct world *world, const struct world_options *options, enum year_bend bend)
{
    struct world_options bent = *options;
    if (bend == YEAR_DENIES_SEATS)
        bent.dishonesty = DENIES_SEATS;
    else if (bend == YEAR_GRANTS_BEYOND)
        bent.dishonesty = GRANTS_BEYOND;
    world_open(world, &bent);
    world->storm = 0;
    world_found(world, 1);
    year->world = world;
    year->vendor = &world->vendors[0];
    year->vendor->has_lab = true;
    year->bend = bend;
    world->bill = &year->audited;
    world->visited_bill = &year->visited;
    if (bend != YEAR_LETS_STRANGERS_IN)
        host_require_site_key(&world->host);
    script_begin(year);
}

void year_run(struct world *world, const struct world_options *options, enum year_bend bend)
{
    struct year *const year = calloc(1, sizeof *year);
    if (year == NULL)
        abort();
    const int days = options->days > 0 ? options->days : YEAR_DAYS;
    begin(year, world, options, bend);
    for (; year->day < days && world->violation[0] == 0; year->day++) {
        if (is_working_day(year))
            run_day(year);
        let_strangers_ask(year);
    }
    if (world->violation[0] == 0)
        ending_check_ledgers(world);
    visits_end(world);
    if (world->violation[0] == 0)
        judge_bill(year);
    if (bend == YEAR_BILLS_WRONG)
        bend_bill(year);
    world->bill = world->visited_bill = NULL;
    world_close(world);
    free(year);
}
