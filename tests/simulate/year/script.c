/* The script of a year; see script.h. A new event is a function and a row of the table. */
#include "script.h"

#include "computers.h"
#include "must.h"

#include <aval/aval.h>
#include <stdlib.h>
#include <string.h>

enum event {
    LAPTOP_IS_LOST,
    LAPTOP_IS_FOUND,
    SEAT_IS_RECLAIMED,
    MACHINE_IS_UNBLOCKED,
    MACHINE_IS_SET_UP_ANEW,
    ROOM_IS_SET_UP_ANEW,
    HOLIDAY,
    MACHINE_CLOCK_IS_WRONG,
    HOST_CLOCK_IS_WRONG,
    CLOCKS_ARE_SET,
    HOST_IS_AWAY,
    HOST_IS_BACK,
    HOST_IS_ARCHIVED,
    HOST_IS_RESTORED,
    FLOOD_AT_NOON,
    MACHINE_IS_BOUGHT,
    MACHINE_IS_RETIRED,
    LICENSE_IS_REPLACED_EARLY,
    LICENSE_IS_SIGNED,
    LICENSE_IS_IMPORTED,
    MACHINES_ARE_MADE_TO_FIT,
    EVENTS
};

static void plan(struct year *year, enum event event, int in_days, size_t whom)
{
    if (year->plan_count == PLANS_MAX)
        abort();
    year->plans[year->plan_count++] =
        (struct plan){.waits = true, .day = year->day + in_days, .event = (size_t)event, .whom = whom};
}

/* ---- whom it meets ---- */

/* One that is on and has a seat, or NULL. */
static struct computer *draw_computer(struct year *year)
{
    const size_t first = year_draw(year, year->computer_count);
    for (size_t i = 0; i < year->computer_count; i++) {
        struct computer *const computer = &year->computers[(first + i) % year->computer_count];
        if (computer_is_on(year, computer) && computer_holds(year, computer))
            return computer;
    }
    return NULL;
}

static size_t number_of(const struct year *year, const struct computer *computer)
{
    return (size_t)(computer - year->computers);
}

/* ---- laptops and other machines ---- */

static void laptop_is_lost(struct year *year, size_t whom)
{
    struct computer *const computer = draw_computer(year);
    (void)whom;
    if (computer == NULL)
        return;
    computer->lost = true;
    world_say(year->world, "machine %zu is lost", computer->machine->number);
    plan(year, SEAT_IS_RECLAIMED, year_draw_between(year, 1, 9), computer->key);
    if (year_draw(year, 3) > 0)
        plan(year, LAPTOP_IS_FOUND, year_draw_between(year, 3, 70), number_of(year, computer));
}

static void laptop_is_found(struct year *year, size_t whom)
{
    struct computer *const computer = &year->computers[whom];
    world_say(year->world, "machine %zu is found", computer->machine->number);
    computer->lost = false;
    plan(year, MACHINE_IS_UNBLOCKED, year_draw_between(year, 0, 3), computer->key);
}

static void count_nothing(struct year *year, size_t key)
{
    const struct happening nothing = {.kind = NOTHING_CHANGES, .time = year->world->now, .key = key};
    counting_add(&year->counting, &nothing);
}

static void count_free(struct year *year, size_t key)
{
    const struct happening free = {.kind = SEAT_IS_FREE, .time = year->world->now, .key = key};
    counting_add(&year->counting, &free);
}

/* Whoever has come back meanwhile, and was not blocked, keeps his seat. */
static bool is_in_use(const struct year *year, size_t key)
{
    for (size_t i = 0; i < year->computer_count; i++)
        if (year->computers[i].key == key)
            return !year->computers[i].lost;
    return false;
}

static void seat_is_reclaimed(struct year *year, size_t whom)
{
    struct machine_id id;
    enum reclaim_kind kind = RECLAIM_NOTHING;
    struct key *const key = &year->reckoning.keys[whom];
    if (*key->id == 0 || is_in_use(year, whom))
        return;
    const enum reclaim_kind expected = reckon_reclaim(&year->reckoning, year->vendor, whom, year->world->now);
    must(machine_id_read(slice_of(key->id), &id));
    const struct result reclaimed = host_reclaim(&year->world->host, &id, "", &kind);
    world_say(year->world, "the operator reclaims the seat of %s: %s, %d", key->id,
              is_ok(reclaimed) ? "ok" : error_info(result_code(reclaimed))->name, (int)kind);
    if (kind != expected || is_ok(reclaimed) != (expected != RECLAIM_NOTHING))
        world_violated(year->world, "the seat of %s is reclaimed: %s, %d; by the rules it is %d", key->id,
                       error_info(result_code(reclaimed))->name, (int)kind, (int)expected);
    if (kind == RECLAIM_LOGS)
        count_nothing(year, whom);
    if (kind == RECLAIM_FREES || kind == RECLAIM_FIRST)
        count_free(year, whom);
    if (kind == RECLAIM_LOGS || kind == RECLAIM_AGAIN) /* until there is room within the 30 days */
        plan(year, SEAT_IS_RECLAIMED, 6, whom);
}

static void machine_is_unblocked(struct year *year, size_t whom)
{
    struct machine_id id;
    struct key *const key = &year->reckoning.keys[whom];
    if (!key->blocked)
        return;
    must(machine_id_read(slice_of(key->id), &id));
    must(host_unblock(&year->world->host, &id));
    world_say(year->world, "the operator unblocks %s", key->id);
    key->blocked = false;
}

static void set_up_anew(struct year *year, struct computer *computer)
{
    world_say(year->world, "machine %zu is set up anew", computer->machine->number);
    const size_t old = computer_reinstall(year, computer);
    plan(year, SEAT_IS_RECLAIMED, year_draw_between(year, 0, 2), old);
}

static void machine_is_set_up_anew(struct year *year, size_t whom)
{
    struct computer *const computer = draw_computer(year);
    (void)whom;
    if (computer != NULL)
        set_up_anew(year, computer);
}

/* Some machines each week, four times: without a `first-lease` their seats would be held for half a year. */
static void room_is_set_up_anew(struct year *year, size_t whom)
{
    enum { MACHINES_OF_ROOM = 3, WEEKS = 4 };
    for (size_t i = 0; i < MACHINES_OF_ROOM; i++) {
        struct computer *const computer = &year->computers[i];
        if (computer_is_on(year, computer) && computer_holds(year, computer))
            set_up_anew(year, computer);
    }
    if (year->first_lease > 0 && whom + 1 < WEEKS)
        plan(year, ROOM_IS_SET_UP_ANEW, 7, whom + 1);
}

/* Nearly everybody is away for weeks. */
static void holiday(struct year *year, size_t whom)
{
    const uint64_t of_ten = 6 + year_draw(year, 4);
    const int until = year->day + year_draw_between(year, 18, 40);
    (void)whom;
    for (size_t i = 0; i < year->computer_count; i++)
        if (year_draw(year, 10) < of_ten)
            year->computers[i].away_until = until;
    world_say(year->world, "holiday until day %d", until);
}

static void machine_is_bought(struct year *year, size_t whom)
{
    (void)whom;
    if (year->computer_count + 1 == MACHINES_MAX) /* one is the strangers' */
        return;
    const size_t number = computer_join(year, LINE_PRO);
    world_say(year->world, "machine %zu is bought", number);
}

static void machine_is_retired(struct year *year, size_t whom)
{
    struct computer *const computer = draw_computer(year);
    (void)whom;
    if (computer == NULL)
        return;
    world_say(year->world, "machine %zu is retired", computer->machine->number);
    computer_retire(year, computer);
}

static void flood_at_noon(struct year *year, size_t whom)
{
    (void)whom;
    year->flood = true;
}

/* ---- clocks ---- */

static seconds draw_clock_error(struct year *year)
{
    const seconds error = (seconds)year_draw_between(year, 5, 40) * HOUR;
    return year_draw(year, 2) == 0 ? error : -error;
}

static void clocks_are_set(struct year *year, size_t whom)
{
    (void)whom;
    world_say(year->world, "all clocks are set");
    year->world->host.clock_error = 0;
    for (size_t i = 0; i < year->computer_count; i++)
        year->computers[i].machine->clock_error = 0;
}

static void machine_clock_is_wrong(struct year *year, size_t whom)
{
    struct computer *const computer = &year->computers[year_draw(year, year->computer_count)];
    (void)whom;
    computer->machine->clock_error = draw_clock_error(year);
    world_say(year->world, "machine %zu: its clock is wrong by %lld s", computer->machine->number,
              (long long)computer->machine->clock_error);
    plan(year, CLOCKS_ARE_SET, 1, 0);
}

static void host_clock_is_wrong(struct year *year, size_t whom)
{
    (void)whom;
    year->world->host.clock_error = draw_clock_error(year);
    world_say(year->world, "the host's clock is wrong by %lld s", (long long)year->world->host.clock_error);
    plan(year, CLOCKS_ARE_SET, 1, 0);
}

/* ---- the host ---- */

static void host_is_away(struct year *year, size_t whom)
{
    (void)whom;
    world_say(year->world, "the host is down");
    host_stop(&year->world->host);
    plan(year, HOST_IS_BACK, year_draw_between(year, 1, 4), 0);
}

static void start(struct year *year)
{
    if (!host_start(&year->world->host))
        world_violated(year->world, "the host cannot be brought up: %s", error_info(year->world->host.trouble)->name);
}

static void host_is_back(struct year *year, size_t whom)
{
    (void)whom;
    world_say(year->world, "the host is back");
    start(year);
}

static void host_is_archived(struct year *year, size_t whom)
{
    struct world *const world = year->world;
    (void)whom;
    world_say(world, "the host is archived");
    if (!host_archive(&world->host, world->now))
        world_violated(world, "the host cannot be archived");
    year->archived = year->reckoning;
    year->archived_count = year->counting.count;
    plan(year, HOST_IS_RESTORED, 0, 0);
}

static void host_is_restored(struct year *year, size_t whom)
{
    (void)whom;
    year->restore = true;
}

static void import_license(struct year *year, size_t license)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    vendor_license_again(year->vendor, license, &note);
    host_import(&year->world->host, buffer_slice(&note));
    year->imported[license] = true;
}

/* What happened since is lost to the host, and with it to the vendor; keys that were made since go on. What the
 * operator had done he does again. */
static void forget_since_archive(struct year *year)
{
    const struct reckoning now = year->reckoning;
    year->reckoning = year->archived;
    for (size_t i = year->archived.key_count; i < now.key_count; i++) {
        const size_t key = reckon_key(&year->reckoning, now.keys[i].line);
        memcpy(year->reckoning.keys[key].id, now.keys[i].id, sizeof now.keys[i].id);
    }
    for (size_t i = 0; i < now.key_count; i++) {
        struct key *const key = &year->reckoning.keys[i];
        memcpy(key->id, now.keys[i].id, sizeof key->id);
        key->has_until = now.keys[i].has_until;
        key->introduced = now.keys[i].introduced;
        key->runs = false;
        if (now.keys[i].reclaimed && !key->reclaimed)
            plan(year, SEAT_IS_RECLAIMED, 1, i);
        if (key->blocked && !now.keys[i].blocked)
            plan(year, MACHINE_IS_UNBLOCKED, 1, i);
    }
    for (size_t i = 0; i < year->vendor->license_count; i++)
        if (year->fits[i] > 0)
            plan(year, MACHINES_ARE_MADE_TO_FIT, 1, i);
    year->counting.count = year->archived_count;
}

static void restore_host(struct year *year)
{
    struct world *const world = year->world;
    world_say(world, "the host is restored from its archive");
    host_stop(&world->host);
    host_unarchive(&world->host);
    if (host_recover(&world->host, world->vendors, world->vendor_count, RECOVERY_COPIED) != world->vendor_count)
        world_violated(world, "a restore did not begin its ledger: %s", error_info(world->host.trouble)->name);
    world_pass(world, 1);
    for (size_t i = 0; i < year->vendor->license_count; i++)
        if (year->imported[i])
            import_license(year, i);
    forget_since_archive(year);
    start(year);
}

/* ---- licenses ---- */

static size_t newest_of(const struct year *year, enum line line)
{
    size_t newest = NO_LICENSE;
    for (size_t i = 0; i < year->vendor->license_count; i++)
        if (line_of(&year->vendor->licenses[i]) == line)
            newest = i;
    return newest;
}

static uint64_t count_in_use(const struct year *year, enum line line)
{
    uint64_t count = 0;
    for (size_t i = 0; i < year->computer_count; i++)
        count += year->computers[i].line == line && !year->computers[i].retired && !year->computers[i].lost;
    return count;
}

/* Signs one that replaces the newest of its edition, with more or fewer seats than there are machines; returns its
 * number. */
static size_t sign_next(struct year *year, enum line line, seconds begins, seconds ends)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const size_t before = newest_of(year, line);
    struct license license = year->vendor->licenses[before];
    const uint64_t machines = count_in_use(year, line);
    const bool fewer = line == LINE_PRO && year_draw(year, 2) == 0;
    world_pass(year->world, 1);
    license.seats = fewer ? machines - 1 - year_draw(year, 4) : machines + 1 + year_draw(year, 8);
    license.issued = year->world->now;
    license.not_before = begins;
    license.not_after = ends;
    license.replaces_count = 0;
    for (size_t i = 0; i <= before; i++)
        if (line_of(&year->vendor->licenses[i]) == line)
            must(license_add_replaced(&license, slice_of(year->vendor->licenses[i].id)));
    vendor_license(year->vendor, &license, &note);
    world_say(year->world, "%s is signed: %llu seats for %llu machines", license.id, (unsigned long long)license.seats,
              (unsigned long long)machines);
    return year->vendor->license_count - 1;
}

static seconds midnight(int day)
{
    return BEGINNING + day * DAY + (seconds)15 * HOUR;
}

static int day_of(seconds moment)
{
    return (int)((moment - BEGINNING) / DAY);
}

/* Some days before the old one ends, or when it does. */
static seconds draw_begin(struct year *year, size_t before)
{
    const seconds ends = year->vendor->licenses[before].not_after;
    return ends - (seconds)(year_draw(year, 3) * 5) * DAY;
}

static seconds draw_end(struct year *year, seconds begins, bool last)
{
    return midnight(day_of(begins) + (last ? 2 * YEAR_DAYS : year_draw_between(year, 110, 140)));
}

/* Those of the volume license are early and late in turns. */
static void plan_next(struct year *year, size_t license, bool was_early)
{
    enum { EARLY = 30, LATE = 17 };
    const enum line line = line_of(&year->vendor->licenses[license]);
    const int ends = day_of(year->vendor->licenses[license].not_after);
    const bool early = line == LINE_LAB || !was_early;
    if (ends < YEAR_DAYS)
        plan(year, early ? LICENSE_IS_REPLACED_EARLY : LICENSE_IS_SIGNED, ends - (early ? EARLY : LATE) - year->day,
             line);
}

/* A month before the old one ends. `whom` is the edition. */
static void license_is_replaced_early(struct year *year, size_t whom)
{
    const enum line line = (enum line)whom;
    const seconds begins = draw_begin(year, newest_of(year, line));
    const size_t license = sign_next(year, line, begins, draw_end(year, begins, day_of(begins) > YEAR_DAYS / 2));
    import_license(year, license);
    plan(year, MACHINES_ARE_MADE_TO_FIT, day_of(begins) - year->day + year_draw_between(year, 1, 6), license);
    plan_next(year, license, true);
}

/* In time, but it lies about until days after the old one has ended. */
static void license_is_signed(struct year *year, size_t whom)
{
    const enum line line = (enum line)whom;
    const seconds ends = year->vendor->licenses[newest_of(year, line)].not_after;
    const seconds begins = draw_begin(year, newest_of(year, line));
    const size_t license = sign_next(year, line, begins, draw_end(year, begins, day_of(begins) > YEAR_DAYS / 2));
    const int late = day_of(ends) - year->day + year_draw_between(year, 1, 6);
    plan(year, LICENSE_IS_IMPORTED, late, license);
    plan(year, MACHINES_ARE_MADE_TO_FIT, late + year_draw_between(year, 1, 6), license);
    plan_next(year, license, false);
}

static void license_is_imported(struct year *year, size_t whom)
{
    world_say(year->world, "%s is imported", year->vendor->licenses[whom].id);
    import_license(year, whom);
}

/* Where more machines hold seats than there are, the organisation gives some back. */
static void machines_are_made_to_fit(struct year *year, size_t whom)
{
    const struct license *const license = &year->vendor->licenses[whom];
    const enum line line = line_of(license);
    for (size_t i = 0; i < year->computer_count; i++) {
        struct computer *const computer = &year->computers[i];
        if (reckon_held(&year->reckoning, line, year->world->now) <= all_seats(license))
            break;
        if (computer->line != line || !computer_is_on(year, computer) || !computer_holds(year, computer))
            continue;
        computer_retire(year, computer);
        world_pass(year->world, 1);
    }
    if (reckon_held(&year->reckoning, line, year->world->now) > all_seats(license))
        plan(year, MACHINES_ARE_MADE_TO_FIT, 1, whom); /* the others are away */
    else
        year->fits[whom] = year->world->now;
}

/* ---- the table ---- */

static const struct event_row {
    void (*happen)(struct year *year, size_t whom);
    bool by_operator; /* so it waits for a day on which he can do it */
    int least;        /* times in a year, and up to so many more */
    int more;
} rows[EVENTS] = {
    [LAPTOP_IS_LOST] = {laptop_is_lost, false, 3, 4},
    [LAPTOP_IS_FOUND] = {laptop_is_found, false, 0, 0},
    [SEAT_IS_RECLAIMED] = {seat_is_reclaimed, true, 0, 0},
    [MACHINE_IS_UNBLOCKED] = {machine_is_unblocked, true, 0, 0},
    [MACHINE_IS_SET_UP_ANEW] = {machine_is_set_up_anew, true, 3, 4},
    [ROOM_IS_SET_UP_ANEW] = {room_is_set_up_anew, true, 1, 0},
    [HOLIDAY] = {holiday, false, 1, 1},
    [MACHINE_CLOCK_IS_WRONG] = {machine_clock_is_wrong, true, 1, 3},
    [HOST_CLOCK_IS_WRONG] = {host_clock_is_wrong, true, 1, 1},
    [CLOCKS_ARE_SET] = {clocks_are_set, false, 0, 0},
    [HOST_IS_AWAY] = {host_is_away, true, 1, 1},
    [HOST_IS_BACK] = {host_is_back, false, 0, 0},
    [HOST_IS_ARCHIVED] = {host_is_archived, true, 1, 0},
    [HOST_IS_RESTORED] = {host_is_restored, true, 0, 0},
    [FLOOD_AT_NOON] = {flood_at_noon, true, 1, 0},
    [MACHINE_IS_BOUGHT] = {machine_is_bought, false, 2, 4},
    [MACHINE_IS_RETIRED] = {machine_is_retired, true, 1, 2},
    [LICENSE_IS_REPLACED_EARLY] = {license_is_replaced_early, true, 0, 0},
    [LICENSE_IS_SIGNED] = {license_is_signed, false, 0, 0},
    [LICENSE_IS_IMPORTED] = {license_is_imported, true, 0, 0},
    [MACHINES_ARE_MADE_TO_FIT] = {machines_are_made_to_fit, true, 0, 0},
};

static void draw_events(struct year *year)
{
    for (size_t i = 0; i < EVENTS; i++) {
        const int times = year_draw_between(year, rows[i].least, rows[i].least + rows[i].more);
        for (int k = 0; k < times; k++)
            plan(year, (enum event)i, year_draw_between(year, 15, YEAR_DAYS - 15), 0);
    }
}

/* ---- the beginning ---- */

static void buy(struct year *year, struct license *license)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    license->issued = year->world->now;
    license->not_before = year->world->now - DAY;
    license->renew = (seconds)7 * DAY;
    license->retry = (seconds)2 * HOUR;
    vendor_license(year->vendor, license, &note);
    import_license(year, year->vendor->license_count - 1);
    world_say(year->world, "%s is bought: %llu seats", license->id, (unsigned long long)license->seats);
}

static void buy_volume(struct year *year, uint64_t machines)
{
    struct license license = {.threshold = 5 + year_draw(year, machines / 2),
                              .seats = machines + 2 + year_draw(year, 8),
                              .overage = year_draw(year, 3),
                              .lease = year->lease,
                              .has_first_lease = year->first_lease > 0,
                              .first_lease = year->first_lease,
                              .not_after = midnight(year_draw_between(year, 100, 130))};
    buy(year, &license);
}

static void buy_counted(struct year *year, uint64_t machines)
{
    struct license license = {.mode = LICENSE_COUNTED,
                              .edition = EDITION_LAB,
                              .seats = machines + 1 + year_draw(year, 3),
                              .not_after = midnight(year_draw_between(year, 150, 250))};
    buy(year, &license);
}

void script_begin(struct year *year)
{
    static const seconds leases[] = {(seconds)30 * DAY, (seconds)60 * DAY, (seconds)90 * DAY, (seconds)180 * DAY};
    const uint64_t volume = 24 + year_draw(year, 24);
    const uint64_t counted = 4 + year_draw(year, 6);
    year->lease = leases[year_draw(year, sizeof leases / sizeof *leases)];
    year->first_lease = year_draw(year, 2) == 0 ? (seconds)14 * DAY : 0;
    buy_volume(year, volume);
    buy_counted(year, counted);
    start(year);
    for (uint64_t i = 0; i < volume + counted; i++)
        computer_join(year, i < volume ? LINE_PRO : LINE_LAB);
    plan_next(year, newest_of(year, LINE_PRO), year_draw(year, 2) == 0);
    plan_next(year, newest_of(year, LINE_LAB), false);
    draw_events(year);
}

/* ---- a day ---- */

static void happen(struct year *year, struct plan *due)
{
    const struct event_row *const row = &rows[due->event];
    if (row->by_operator && !year_operator_can(year)) {
        due->day++;
        return;
    }
    due->waits = false;
    year_pause(year);
    row->happen(year, due->whom);
}

void script_morning(struct year *year)
{
    for (size_t i = 0; i < year->plan_count && year->world->violation[0] == 0; i++)
        if (year->plans[i].waits && year->plans[i].day <= year->day)
            happen(year, &year->plans[i]);
}

void script_evening(struct year *year)
{
    if (year->restore && year_operator_can(year))
        restore_host(year);
    year->restore = false;
}
