/* A world from its beginning to its end; see world.h. */
#include "world.h"

#include "chances.h"
#include "disk.h"
#include "ending.h"
#include "faults.h"
#include "files.h"
#include "signatures.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_LEAST = 12, STEPS_DRAWN = 30, HEALING_ROUNDS = 10, HEALINGS = 3, SEATS_PLENTY = 1000 };

/* ---- for its parts ---- */

uint64_t world_draw(struct world *world, uint64_t below)
{
    return chance_below(&world->chance, below);
}

bool world_happens(struct world *world, uint64_t one_of)
{
    return world_draw(world, one_of) == 0;
}

void world_say(const struct world *world, const char *format, ...)
{
    va_list arguments;
    char time[TIME_TEXT_SIZE];
    if (!world->tell)
        return;
    time_write(world->now, time);
    printf("%s ", time);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

void world_violated(struct world *world, const char *format, ...)
{
    va_list arguments;
    char text[VIOLATION_SIZE];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    world_say(world, "VIOLATION: %s", text);
    if (world->violation[0] == 0)
        memcpy(world->violation, text, sizeof world->violation);
}

void world_pass(struct world *world, seconds by)
{
    world->now += by;
    clock_set(world->now);
    host_set_time(world->now);
}

/* ---- beginning ---- */

/* Mostly longer than any world; some end within one. */
static seconds draw_term(struct world *world)
{
    const uint64_t more = world_draw(world, 365);
    return (seconds)(world_happens(world, 8) ? 30 + more : 3650 + more) * DAY;
}

void world_license(struct world *world, struct vendor *vendor)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const uint64_t tight = 1 + world_draw(world, 6);
    struct license license = {.threshold = world_happens(world, 3) ? 2 : 1,
                              .seats = world->plenty ? SEATS_PLENTY : tight,
                              .overage = world_draw(world, 2),
                              .lease = world->lease,
                              .renew = world->renew,
                              .retry = world->retry,
                              .issued = world->now,
                              .not_before = world->now - DAY,
                              .not_after = world->now + draw_term(world)};
    if (world_happens(world, 4)) { /* a seat is a machine's until it gives it back, or the license ends */
        license.mode = LICENSE_COUNTED;
        license.threshold = 0;
        license.lease = 0;
    }
    vendor_license(vendor, &license, &note);
    host_import(&world->host, buffer_slice(&note));
    world_say(world, "%s signs %s: %s, %llu seats, threshold %llu", vendor->name, license.id,
              license.mode == LICENSE_COUNTED ? "counted" : "volume", (unsigned long long)license.seats,
              (unsigned long long)license.threshold);
}

static void draw_terms(struct world *world)
{
    static const seconds leases[] = {(seconds)6 * HOUR, (seconds)1 * DAY, (seconds)7 * DAY, (seconds)30 * DAY,
                                     (seconds)180 * DAY};
    world->lease = leases[world_draw(world, sizeof leases / sizeof *leases)];
    world->renew = world->lease / (seconds)(2 + world_draw(world, 10));
    world->retry = world->renew / 4 < 2 * HOUR ? world->renew / 4 : 2 * HOUR;
    world->plenty = !world_happens(world, 3);
    world->storm = world_happens(world, 3) ? 0 : (unsigned)world_draw(world, 300);
}

void world_open(struct world *world, const struct world_options *options)
{
    memset(world, 0, sizeof *world);
    world->seed = options->seed;
    world->root = options->root;
    world->tell = options->tell;
    world->dishonesty = options->dishonesty;
    world->now = BEGINNING;
    world->chance.state = options->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    world->visits.state = ~world->chance.state;
    entropy_seed(chance_next(&world->chance));
    clock_set(world->now);
    host_set_time(world->now);
    host_set_dishonesty(options->dishonesty);
    signatures_use_real(options->real_signatures);
    files_clear();
    disk_erase();
}

void world_found(struct world *world, size_t vendor_count)
{
    world->vendor_count = vendor_count;
    for (size_t i = 0; i < world->vendor_count; i++)
        vendor_begin(&world->vendors[i], i);
    host_begin(&world->host, world->root, world->vendors, world->vendor_count);
}

static void world_begin(struct world *world, const struct world_options *options)
{
    world_open(world, options);
    draw_terms(world);
    world_found(world, 1 + world_draw(world, VENDORS_MAX));
    for (size_t i = 0; i < world->vendor_count; i++)
        world_license(world, &world->vendors[i]);
    host_start(&world->host);
    world->machine_count = 2 + world_draw(world, 7);
    for (size_t i = 0; i < world->machine_count; i++)
        machine_begin(world, &world->machines[i]);
}

void world_close(struct world *world)
{
    for (size_t i = 0; i < world->machine_count; i++)
        machine_end(&world->machines[i]);
    host_end(&world->host);
    for (size_t i = 0; i < world->vendor_count; i++)
        vendor_end(&world->vendors[i]);
    disk_erase();
    files_clear();
}

/* ---- time ---- */

static seconds draw_pause(struct world *world)
{
    const seconds pauses[] = {10 * MINUTE,      HOUR,        world->retry, world->renew / 2 + 1, world->renew,
                              world->renew * 2, world->lease};
    return pauses[world_draw(world, sizeof pauses / sizeof *pauses)];
}

/* Timers run at about the same time, in any order, and not on machines that are off. */
static void run_timers(struct world *world, bool all)
{
    const size_t first = world_draw(world, world->machine_count);
    for (size_t i = 0; i < world->machine_count; i++) {
        struct machine *const machine = &world->machines[(first + i) % world->machine_count];
        if (all || !world_happens(world, 4))
            machine_renew(machine, false);
    }
}

static void check_machines(struct world *world)
{
    for (size_t i = 0; i < world->machine_count; i++)
        machine_check(&world->machines[i]);
}

static void step(struct world *world)
{
    world_pass(world, draw_pause(world));
    faults_pass(world);
    if (world->storm > 0 || world_happens(world, 4))
        fault_draw(world);
    network_deliver_late(world);
    run_timers(world, false);
    if (world_happens(world, 8))
        host_tend(&world->host);
    check_machines(world);
    visits_pass(world);
}

static void let_heal(struct world *world)
{
    for (unsigned i = 0; i < HEALING_ROUNDS && world->violation[0] == 0; i++) {
        (void)faults_watch(world);
        run_timers(world, true);
        world_pass(world, i % 2 == 0 ? world->retry + 1 : 13 * HOUR);
    }
    run_timers(world, true);
}

/* From now on nothing goes wrong any more; timers alone must bring every machine back. What the host learns only from
 * the last that ask, such as that it was restored, its operator mends like all else, and there is time for that as
 * well. */
static void heal(struct world *world)
{
    world->healing = true;
    world_say(world, "from now on nothing goes wrong");
    faults_heal(world);
    let_heal(world);
    for (unsigned i = 1; i < HEALINGS && world->violation[0] == 0 && faults_watch(world); i++)
        let_heal(world);
    check_machines(world);
    host_tend(&world->host);
}

void world_run(struct world *world, const struct world_options *options)
{
    world_begin(world, options);
    const uint64_t steps = STEPS_LEAST + world_draw(world, STEPS_DRAWN);
    for (uint64_t i = 0; i < steps && world->violation[0] == 0; i++)
        step(world);
    if (world->violation[0] == 0)
        heal(world);
    if (world->violation[0] == 0 && world->dishonesty == HONEST)
        ending_check_machines(world);
    if (world->violation[0] == 0)
        ending_check_ledgers(world);
    visits_end(world);
    world_close(world);
}
