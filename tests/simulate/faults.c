/* Faults; see faults.h. */
#include "faults.h"

#include "disk.h"
#include "files.h"
#include "world.h"

#include <string.h>

enum { CLONES_UNTIL = 16 };

/* ---- the host ---- */

/* `avald recover` ends in a later second than its epochs begin in. */
static size_t begin_epochs(struct world *world, enum recovery recovery)
{
    const size_t begun = host_recover(&world->host, world->vendors, world->vendor_count, recovery);
    if (begun > 0)
        world_pass(world, 1);
    return begun;
}

/* What the operator does with a host that is down: starts it, and where that fails for what was lost, recovers. */
static void bring_up(struct world *world)
{
    struct host *const host = &world->host;
    if (host->up || host_start(host))
        return;
    world_say(world, "host does not start: %s", error_info(host->trouble)->name);
    /* What the signer keeps is older than the database where that is put back from before its folder was. */
    if (host->trouble == ERR_STORE_ROLLED_BACK || host->trouble == ERR_SIGNER_STATE) {
        const size_t begun = begin_epochs(world, RECOVERY_LOST);
        world_say(world, "operator recovers %zu ledgers: lost", begun);
        host_start(host);
    }
    /* A disk that failed, or stood still, meanwhile: the next attempt finds it whole. */
    if (disk_stopped())
        host_crash(host, (unsigned)world_draw(world, 3), world_draw(world, UINT32_MAX));
    else if (!host->up && !disk_happened())
        world_violated(world, "the host cannot be brought up: %s", error_info(host->trouble)->name);
}

static void host_goes_down(struct world *world)
{
    host_stop(&world->host);
    world->down_until = world->now + (seconds)world_draw(world, (uint64_t)3 * DAY);
    world_say(world, "host goes down");
}

/* It happens at some call from now on, in the middle of a batch. */
static void host_crashes_soon(struct world *world)
{
    static const unsigned calls[] = {DISK_WRITE, DISK_SYNC, DISK_STATE_WRITE, DISK_STATE_SYNC, DISK_ANY};
    const unsigned which = calls[world_draw(world, sizeof calls / sizeof *calls)];
    const uint64_t nth = 1 + world_draw(world, 12);
    if (world->disk_until > 0)
        return;
    disk_plan(which, nth, world_happens(world, 2) ? DISK_STOPS_BEFORE : DISK_STOPS_AFTER);
    world_say(world, "host will crash at call %llu of kind %u", (unsigned long long)nth, which);
}

static void host_disk_fills(struct world *world)
{
    const bool database = world_happens(world, 2);
    disk_plan(database ? DISK_WRITE : DISK_STATE_WRITE, 1 + world_draw(world, 6), DISK_FAILS_ON);
    world->disk_until = world->now + (seconds)world_draw(world, (uint64_t)2 * DAY);
    world_say(world, "the host's disk fills up: %s", database ? "database" : "signer");
}

static void host_disk_hiccups(struct world *world)
{
    if (world->disk_until > 0)
        return;
    disk_plan(world_happens(world, 2) ? DISK_DATABASE : DISK_STATE, 1 + world_draw(world, 20), DISK_FAILS_ONCE);
    world_say(world, "one call of the host's disk will fail");
}

static void host_is_backed_up(struct world *world)
{
    if (disk_stopped())
        return;
    host_back_up(&world->host);
    world_say(world, "host is backed up");
}

/* To be set up anew, on a disk that works. */
static void take_down(struct world *world)
{
    host_stop(&world->host);
    if (disk_stopped())
        host_crash(&world->host, 0, 0);
    disk_plan(0, 0, DISK_FAILS_ONCE);
    world->disk_until = 0;
}

static void restore(struct world *world, bool whole)
{
    struct host *const host = &world->host;
    if (!host->has_backup)
        return;
    take_down(world);
    host_restore(host, whole);
    world->down_until = world->now + (seconds)world_draw(world, DAY);
    world_say(world, "host is restored from the copy: %s", whole ? "the whole folder" : "the database");
}

/* The signer's state is newer, so the host notices by itself. */
static void host_database_is_restored(struct world *world)
{
    restore(world, world->dishonesty == REWRITES_HISTORY);
}

/* Nothing in the folder says that it is old; the operator does before it serves, or the next machine does that has seen
 * more. */
static void host_folder_is_restored(struct world *world)
{
    struct host *const host = &world->host;
    if (!host->has_backup)
        return;
    restore(world, true);
    if (!world_happens(world, 2)) {
        host->copied = true;
        return;
    }
    const size_t begun = begin_epochs(world, RECOVERY_COPIED);
    world_say(world, "operator recovers %zu ledgers: copied", begun);
}

/* `avald backup` and `avald restore`: what is restored begins its epochs by itself. */
static void host_is_archived(struct world *world)
{
    if (disk_stopped())
        return;
    const bool done = host_archive(&world->host, world->now);
    world_say(world, "host is archived: %s", done ? "yes" : "no");
    if (disk_stopped())
        host_crash(&world->host, (unsigned)world_draw(world, 3), world_draw(world, UINT32_MAX));
}

static void import_again(struct world *world, const struct vendor *vendor)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    for (size_t i = 0; i < vendor->license_count; i++) {
        buffer_clear(&note);
        vendor_license_again(vendor, i, &note);
        host_import(&world->host, buffer_slice(&note));
    }
    buffer_clear(&note);
    if (vendor->revocations == 0)
        return;
    vendor_revocations_again(vendor, &note);
    host_import(&world->host, buffer_slice(&note));
}

/* The operator has kept what vendors sent since. */
static void host_archive_is_restored(struct world *world)
{
    struct host *const host = &world->host;
    if (!host->has_archive)
        return;
    take_down(world);
    host_unarchive(host);
    const size_t begun = begin_epochs(world, RECOVERY_COPIED);
    for (size_t i = 0; i < world->vendor_count; i++)
        import_again(world, &world->vendors[i]);
    world->down_until = world->now + (seconds)world_draw(world, DAY);
    world_say(world, "host is restored from the archive, and begins %zu ledgers", begun);
    if (begun != world->vendor_count)
        world_violated(world, "a restore began %zu of %zu ledgers: %s", begun, world->vendor_count,
                       error_info(host->trouble)->name);
}

/* ---- clocks ---- */

static seconds draw_clock_error(struct world *world)
{
    static const seconds errors[] = {(seconds)1 * HOUR, (seconds)3 * HOUR, (seconds)5 * HOUR, (seconds)2 * DAY,
                                     (seconds)100 * DAY};
    const seconds error = errors[world_draw(world, sizeof errors / sizeof *errors)];
    return world_happens(world, 2) ? error : -error;
}

static void host_clock_jumps(struct world *world)
{
    world->host.clock_error = draw_clock_error(world);
    world->clock_until = world->now + (seconds)world_draw(world, (uint64_t)world->renew);
    world_say(world, "the host's clock is wrong by %lld s", (long long)world->host.clock_error);
}

/* A time server that everybody believes. */
static void all_clocks_jump(struct world *world)
{
    host_clock_jumps(world);
    for (size_t i = 0; i < world->machine_count; i++)
        world->machines[i].clock_error = world->host.clock_error;
    world_say(world, "and so are those of all machines");
}

static void set_clocks(struct world *world)
{
    world->clock_until = 0;
    world->host.clock_error = 0;
    for (size_t i = 0; i < world->machine_count; i++)
        world->machines[i].clock_error = 0;
    world_say(world, "all clocks are set");
}

/* ---- the vendor ---- */

static void license_is_followed(struct world *world)
{
    struct vendor *const vendor = &world->vendors[world_draw(world, world->vendor_count)];
    if (vendor->license_count < LICENSES_MAX)
        world_license(world, vendor);
}

/* The one before the newest. */
static void license_is_revoked(struct world *world)
{
    struct vendor *const vendor = &world->vendors[world_draw(world, world->vendor_count)];
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    if (vendor->license_count < 2 || vendor->revoked[vendor->license_count - 2])
        return;
    vendor->revoked[vendor->license_count - 2] = true;
    vendor_revocations(vendor, world->now, &note);
    host_import(&world->host, buffer_slice(&note));
    world_say(world, "%s revokes %s", vendor->name, vendor->licenses[vendor->license_count - 2].id);
}

/* ---- machines ---- */

static struct machine *draw_machine(struct world *world)
{
    return &world->machines[world_draw(world, world->machine_count)];
}

static void machine_clock_jumps(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    machine->clock_error = draw_clock_error(world);
    world->clock_until = world->now + (seconds)world_draw(world, (uint64_t)world->renew);
    world_say(world, "machine %zu: its clock is wrong by %lld s", machine->number, (long long)machine->clock_error);
}

static void machine_restarts(struct world *world)
{
    machine_restart(draw_machine(world));
}

static void machine_is_copied(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    machine_copy_state(machine);
    world_say(world, "machine %zu: its state is copied", machine->number);
}

static void machine_is_restored(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    if (!machine->has_copy)
        return;
    world_say(world, "machine %zu: its state is restored", machine->number);
    machine_restore_state(machine);
}

static void machine_is_cloned(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    if (world->machine_count == CLONES_UNTIL)
        return;
    world_say(world, "machine %zu: cloned as %zu", machine->number, world->machine_count);
    machine_clone(machine, &world->machines[world->machine_count++]);
}

static void machine_is_reinstalled(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    world_say(world, "machine %zu: reinstalled", machine->number);
    machine_lose_state(machine);
}

/* Its writes fail from some moment on, as where the process is killed there; then it is started again. */
static void machine_disk_fills(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    world_say(world, "machine %zu: its disk is full for one round", machine->number);
    files_plan(machine->folder, 1 + world_draw(world, 10));
    machine_renew(machine, world_happens(world, 2));
    files_plan(NULL, 0);
    machine_restart(machine);
    machine_check(machine);
}

static void machine_gives_back(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    for (size_t i = 0; i < world->vendor_count; i++)
        machine_give_back(machine, i);
}

static void machine_comes_back(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    for (size_t i = 0; i < world->vendor_count; i++)
        machine->standings[i].parked = false;
}

static void machine_is_forced(struct world *world)
{
    machine_renew(draw_machine(world), true);
}

/* ---- seats ---- */

/* A machine is lost, or so its operator thinks. */
static void seat_is_reclaimed(struct world *world)
{
    struct machine *const machine = draw_machine(world);
    const size_t vendor = world_draw(world, world->vendor_count);
    struct aval_status status;
    struct machine_id id;
    enum reclaim_kind kind = RECLAIM_NOTHING;
    if (!machine->uses[vendor])
        return;
    (void)machine_licensed(machine, vendor, &status);
    if (!world->host.up || !is_ok(machine_id_read(slice_of(status.machine_id), &id)))
        return;
    const struct result reclaimed = host_reclaim(&world->host, &id, status.license, &kind);
    world_say(world, "machine %zu: its seat of %s is reclaimed: %s, %d", machine->number, status.license,
              error_info(result_code(reclaimed))->name, (int)kind);
}

static void machines_are_unblocked(struct world *world)
{
    world_say(world, "the operator unblocks all machines");
    host_unblock_all(&world->host);
}

/* ---- the table ---- */

static const struct fault {
    void (*happen)(struct world *world);
    unsigned weight;
} faults[] = {
    {host_goes_down, 3},          {host_crashes_soon, 4},        {host_disk_fills, 2},
    {host_disk_hiccups, 2},       {host_is_backed_up, 3},        {host_database_is_restored, 2},
    {host_folder_is_restored, 2}, {host_clock_jumps, 1},         {all_clocks_jump, 1},
    {license_is_followed, 1},     {license_is_revoked, 1},       {machine_clock_jumps, 2},
    {machine_restarts, 2},        {machine_is_copied, 3},        {machine_is_restored, 2},
    {machine_is_cloned, 1},       {machine_is_reinstalled, 1},   {machine_disk_fills, 2},
    {machine_gives_back, 3},      {machine_comes_back, 4},       {machine_is_forced, 4},
    {host_is_archived, 3},        {host_archive_is_restored, 2}, {seat_is_reclaimed, 3},
    {machines_are_unblocked, 2},
};

enum { FAULTS = sizeof faults / sizeof *faults };

void fault_draw(struct world *world)
{
    uint64_t all = 0;
    for (size_t i = 0; i < FAULTS; i++)
        all += faults[i].weight;
    uint64_t at = world_draw(world, all);
    for (size_t i = 0; i < FAULTS; i++) {
        if (at < faults[i].weight) {
            faults[i].happen(world);
            return;
        }
        at -= faults[i].weight;
    }
}

/* Whether status names that trouble for any ledger. */
static bool has_trouble(struct world *world, enum error_code trouble)
{
    for (size_t i = 0; world->host.up && i < world->vendor_count; i++)
        if (host_trouble_of(&world->host, &world->vendors[i]) == trouble)
            return true;
    return false;
}

static bool recover(struct world *world, enum error_code trouble, enum recovery recovery)
{
    struct host *const host = &world->host;
    if (!has_trouble(world, trouble))
        return false;
    host_stop(host);
    const size_t begun = begin_epochs(world, recovery);
    world_say(world, "operator recovers %zu ledgers: %s", begun, error_info(trouble)->name);
    bring_up(world);
    return true;
}

/* With a wrong clock he would set that first. */
bool faults_watch(struct world *world)
{
    if (world->clock_until > 0 || world->disk_until > 0)
        return false;
    const bool restored = recover(world, ERR_HOST_RESTORED, RECOVERY_RESTORED);
    const bool clock = recover(world, ERR_HOST_CLOCK, RECOVERY_CLOCK);
    return restored || clock;
}

void faults_pass(struct world *world)
{
    if (world->disk_until > 0 && world->now >= world->disk_until) {
        disk_plan(0, 0, DISK_FAILS_ONCE);
        world->disk_until = 0;
        world_say(world, "the host's disk has room");
    }
    if (world->clock_until > 0 && world->now >= world->clock_until)
        set_clocks(world);
    if (!world->host.up && world->disk_until == 0 && world->now >= world->down_until)
        bring_up(world);
    if (world_happens(world, 4))
        (void)faults_watch(world);
}

/* ---- the end of all of them ---- */

void faults_heal(struct world *world)
{
    if (disk_stopped())
        host_crash(&world->host, 0, 0);
    disk_plan(0, 0, DISK_FAILS_ONCE);
    world->disk_until = 0;
    world->down_until = 0;
    set_clocks(world);
    bring_up(world);
    (void)faults_watch(world);
    host_unblock_all(&world->host);
}
