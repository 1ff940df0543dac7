/* A series of rounds; see series.h. */
#include "series.h"

#include "audit.h"
#include "system/clock.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    MACHINES_MAX = 200000, /* of a series with seats for all */
    MACHINES_TIGHT = 600,
    SEATS_TIGHT = 200,
    KILL_EARLIEST_US = 5000,
    KILL_LATEST_US = 120000,
    KILL_START_ONE_IN = 4, /* starts are killed */
    KILL_START_LATEST_US = 30000,
    REVIVAL_STEP_US = 1000,
    REVIVAL_PATIENCE_US = 10 * 1000 * 1000,
};

RESULT series_begin(struct series *series, const char *avald, const char *root, bool tight, struct chance *chance,
                    struct totals *totals)
{
    *series = (struct series){.chance = chance, .totals = totals, .host = {.program = avald}};
    const size_t machines = tight ? MACHINES_TIGHT : MACHINES_MAX;
    TRY(world_make(root, tight ? SEATS_TIGHT : MACHINES_MAX, chance, &series->world));
    series->evidence = evidence_make(&series->world.host_key);
    TRY(machines_make(machines, &series->machines));
    return load_make(&series->world, &series->machines, &series->evidence, chance, &totals->faults, &series->load);
}

static void add_load(struct load_counts *sum, const struct load_counts *counts)
{
    sum->sent += counts->sent;
    sum->sent_again += counts->sent_again;
    sum->given_up += counts->given_up;
    sum->introduced += counts->introduced;
    sum->granted += counts->granted;
    sum->released += counts->released;
    sum->repeated += counts->repeated;
    sum->used += counts->used;
    sum->denied += counts->denied;
    sum->later += counts->later;
}

void series_end(struct series *series)
{
    struct totals *const totals = series->totals;
    host_kill(&series->host);
    if (series->load != NULL)
        add_load(&totals->load, load_counts(series->load));
    totals->answers += series->evidence.answer_count;
    totals->releases += series->evidence.releases;
    totals->checkpoints += series->evidence.checkpoint_count;
    totals->extensions += series->evidence.extensions;
    totals->given_again += series->evidence.given_again;
    totals->repeated += series->evidence.repeated;
    totals->used += series->evidence.used;
    totals->leaves += series->leaves;
    load_free(series->load);
    evidence_free(&series->evidence);
    machines_free(&series->machines);
}

/* ---- kills ---- */

static uint64_t answered(const struct series *series)
{
    const struct load_counts *const counts = load_counts(series->load);
    return counts->granted + counts->released + counts->repeated;
}

/* Keeps up the load until there is another signer and it has signed an answer. */
static RESULT wait_for_revival(struct series *series, pid_t killed)
{
    const int64_t patience = monotonic_us() + REVIVAL_PATIENCE_US;
    pid_t signer = killed;
    uint64_t then = 0;
    while (signer == killed || signer == 0 || answered(series) == then) {
        if (monotonic_us() > patience) {
            fault_add(&series->totals->faults, FAULT_SERVICE, "no answer within %d s after the signer was killed",
                      REVIVAL_PATIENCE_US / 1000000);
            return RESULT_OK;
        }
        TRY(load_run(series->load, monotonic_us() + REVIVAL_STEP_US));
        if (signer == killed || signer == 0) {
            signer = host_signer(&series->host);
            then = answered(series);
        }
    }
    return RESULT_OK;
}

/* 0, and a fault, where avald has none. */
static pid_t find_signer(struct series *series)
{
    const pid_t signer = host_signer(&series->host);
    if (signer == 0)
        fault_add(&series->totals->faults, FAULT_SERVICE, "avald has no signer");
    return signer;
}

static RESULT kill_signer(struct series *series)
{
    const pid_t signer = find_signer(series);
    if (signer != 0)
        kill(signer, SIGKILL);
    return wait_for_revival(series, signer);
}

static RESULT kill_avald(struct series *series)
{
    host_kill(&series->host);
    return load_drain(series->load);
}

/* In either order, as close together as two system calls. */
static RESULT kill_both(struct series *series)
{
    const pid_t signer = find_signer(series);
    const pid_t avald = series->host.avald;
    const bool signer_first = chance_below(series->chance, 2) == 0;
    if (signer != 0) {
        kill(signer_first ? signer : avald, SIGKILL);
        kill(signer_first ? avald : signer, SIGKILL);
    }
    return kill_avald(series);
}

/* ---- rounds ---- */

/* Now and then one start is killed before the one that counts: a crash while the last one is being made good. */
static RESULT kill_a_start(struct series *series)
{
    struct totals *const totals = series->totals;
    if (series->host.avald != 0 || chance_below(series->chance, KILL_START_ONE_IN) != 0)
        return RESULT_OK;
    const int64_t after = (int64_t)chance_below(series->chance, KILL_START_LATEST_US);
    ENSURE(host_start_and_kill(&series->host, &series->world, after, &totals->faults), HOST_UNREACHABLE);
    totals->kills_at_start++;
    return RESULT_OK;
}

static RESULT start_host(struct series *series)
{
    TRY(kill_a_start(series));
    if (series->host.avald == 0 && !host_start(&series->host, &series->world, &series->totals->faults))
        return FAIL(HOST_UNREACHABLE);
    return load_connect(series->load, series->host.port);
}

static int64_t by_chance(struct series *series)
{
    return KILL_EARLIEST_US + (int64_t)chance_below(series->chance, KILL_LATEST_US - KILL_EARLIEST_US);
}

RESULT series_round(struct series *series)
{
    static struct result (*const kills[KILL_KINDS])(struct series * series) = {
        [KILL_AVALD] = kill_avald, [KILL_SIGNER] = kill_signer, [KILL_BOTH] = kill_both};
    TRY(start_host(series));
    TRY(load_run(series->load, monotonic_us() + by_chance(series)));
    const enum kill_kind kind = (enum kill_kind)chance_below(series->chance, KILL_KINDS);
    TRY(kills[kind](series));
    TRY(evidence_open(&series->evidence, &series->machines, &series->totals->faults));
    series->totals->kills[kind]++;
    series->totals->rounds++;
    return RESULT_OK;
}

RESULT series_audit(struct series *series)
{
    if (series->host.avald != 0) /* the last kill was of the signer alone */
        TRY(kill_both(series));
    TRY(evidence_open(&series->evidence, &series->machines, &series->totals->faults));
    TRY(world_copy(&series->world));
    series->totals->audits++;
    const struct audit audit = {&series->world, &series->machines, &series->evidence, clock_now(),
                                &series->totals->faults};
    return audit_run(&audit, &series->leaves);
}

RESULT series_finish(struct series *series)
{
    TRY(start_host(series));
    TRY(load_run(series->load, monotonic_us() + KILL_EARLIEST_US));
    host_stop(&series->host, &series->totals->faults);
    return load_drain(series->load);
}
