/* The end of a world; see ending.h. */
#include "ending.h"

#include "auditor.h"
#include "ledger/check.h"
#include "must.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

/* ---- machines ---- */

/* One with a counted product key does not count under a volume license. */
static bool counts(struct machine *machine, size_t vendor)
{
    struct aval_status status;
    if (!machine->uses[vendor] || machine->standings[vendor].parked)
        return false;
    (void)machine_licensed(machine, vendor, &status);
    return !status.key_counted;
}

/* Machines count when they ask, and those that hold a lease do so when they are due; a new license counts anew. */
static bool may_be_too_few(struct world *world, size_t vendor, const struct license *license)
{
    uint64_t active = 0;
    for (size_t i = 0; i < world->machine_count; i++)
        active += counts(&world->machines[i], vendor);
    return active < license->threshold || (license->threshold > 1 && world->renew > DAY);
}

static void check_machine(struct world *world, struct machine *machine, size_t vendor)
{
    struct aval_status status;
    if (!machine->uses[vendor] || machine->standings[vendor].parked || machine_licensed(machine, vendor, &status))
        return;
    const struct license *const license = vendor_best(&world->vendors[vendor], status.key_counted, world->now);
    if (license == NULL)
        return;
    if ((!world->plenty && status.last_code == AVAL_NO_SEATS) ||
        (status.last_code == AVAL_BELOW_THRESHOLD && may_be_too_few(world, vendor, license)))
        return;
    world_violated(world, "machine %zu: %s for %s at the end: %s, the host said %s: %s", machine->number,
                   aval_state_name(status.state), world->vendors[vendor].name, aval_code_name(status.code),
                   aval_code_name(status.last_code), status.last_message);
}

void ending_check_machines(struct world *world)
{
    for (size_t i = 0; i < world->machine_count; i++)
        for (size_t j = 0; j < world->vendor_count; j++)
            check_machine(world, &world->machines[i], j);
}

static bool look_at_evidence(struct world *world)
{
    bool found = false;
    for (size_t i = 0; i < world->machine_count; i++) {
        size_t count = 0;
        if (aval_evidence_count(world->machines[i].handle, &count) != AVAL_OK)
            world_violated(world, "machine %zu: its evidence cannot be read", i);
        if (count == 0)
            continue;
        found = true;
        world_say(world, "machine %zu keeps %zu pieces of evidence", i, count);
        if (world->dishonesty == HONEST)
            world_violated(world, "machine %zu keeps evidence against an honest host", i);
    }
    return found;
}

/* ---- ledgers ---- */

static void report_finding(void *context, const struct ledger_finding *finding)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(1024);
    ledger_finding_write(finding, &text);
    world_violated(context, "verification: %s", buffer_text(&text));
}

static void verify(struct world *world, struct store *store, size_t vendor, const struct ledger_reading *ledger)
{
    const struct ledger_check check = {.store = store,
                                       .origin = ledger->origin,
                                       .key = &world->vendors[vendor].host_key,
                                       .report = report_finding,
                                       .context = world};
    struct ledger_check_position position = {0};
    while (position.stage != LEDGER_CHECK_DONE)
        must(ledger_check_step(&check, &position, 1000, NULL));
}

/* Of an epoch whose end was lost the copy that was restored may have been older than its first checkpoint. */
static bool has_checkpoint(struct store *store, const struct ledger_reading *ledger)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    return is_ok(store_checkpoint_get(store, ledger->number, &note, NULL));
}

static void judge_vendor(struct world *world, struct store *store, size_t vendor)
{
    struct readings readings;
    struct verdict verdict;
    bool dropped = false;
    readings_make(store, &world->vendors[vendor].host_key, &readings);
    const bool faulty = readings_check(world, vendor, &readings);
    for (size_t i = 0; world->dishonesty == HONEST && i < readings.count; i++)
        if (i + 1 == readings.count || has_checkpoint(store, &readings.ledgers[i]))
            verify(world, store, vendor, &readings.ledgers[i]);
    auditor_run(world, store, vendor, &readings, world->dishonesty == DROPS_LEAF, &dropped, &verdict);
    if (verdict.words[0] != 0) {
        world->noticed = true;
        world_say(world, "audit: %s", verdict.words);
        if (world->dishonesty == HONEST)
            world_violated(world, "the audit accuses an honest host: %s", verdict.words);
    } else if (faulty || dropped) {
        world_violated(world, "the audit of %s does not notice it", world->vendors[vendor].name);
        world->unnoticed = true;
    }
    readings_free(&readings);
}

void ending_check_ledgers(struct world *world)
{
    struct store *store = NULL;
    world->noticed = look_at_evidence(world) || world->noticed;
    host_stop(&world->host);
    must(host_open_store(&world->host, &store));
    for (size_t i = 0; i < world->vendor_count; i++)
        judge_vendor(world, store, i);
    store_close(store);
    if (world->dishonesty == HONEST && world->host.trees.two && !world->host.copied)
        world_violated(world, "the signer has signed two trees of one size");
}
