/*
 * crash-rig: kills avald and its signer under load and compares what clients received with what was kept.
 *
 * Every choice follows from --seed; moments are measured by the clock, so that a run with the same seed is alike and
 * not the same.
 */
#include "self_test.h"

#include "system/clock.h"
#include "terminal/program.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_NAME "crash-rig"

enum {
    ROUNDS_OF_SERIES = 20, /* on one data folder */
    ROUNDS_OF_AUDIT = 5,
    ROUNDS_OF_SELF_TEST = 12,
    ROUNDS_MAX = 1000000,
};

struct run {
    const char *avald;
    const char *folder;
    uint64_t seed;
    struct chance chance;
    struct totals totals;
    uint64_t starts;
    int64_t starting_us;
    int64_t slowest_us;
};

/* ---- series ---- */

static RESULT rounds(struct series *series, uint64_t count)
{
    for (uint64_t round = 1; round <= count; round++) {
        TRY(series_round(series));
        if (round % ROUNDS_OF_AUDIT == 0 && round < count)
            TRY(series_audit(series));
    }
    return series_finish(series);
}

/* A host that does not come back is a fault; what it kept is compared all the same. */
static RESULT rounds_and_audit(struct series *series, uint64_t count)
{
    const struct result result = rounds(series, count);
    if (is_ok(result) || result_code(result) == ERR_HOST_UNREACHABLE)
        TRY(series_audit(series));
    return result;
}

/* Where something is wrong the folder stays. */
static RESULT run_series(struct run *run, uint64_t number, uint64_t count,
                         RESULT (*then)(struct series *series, unsigned *ret_missed), unsigned *ret_missed)
{
    struct series series;
    char name[32];
    char root[PATH_SIZE];
    snprintf(name, sizeof name, "series-%" PRIu64, number);
    TRY(path_join(root, run->folder, name));
    const uint64_t faults = faults_total(&run->totals.faults);
    struct result result = series_begin(&series, run->avald, root, number % 2 == 1, &run->chance, &run->totals);
    if (is_ok(result))
        result = rounds_and_audit(&series, count);
    if (is_ok(result) && then != NULL)
        result = then(&series, ret_missed);
    run->starts += series.host.starts;
    run->starting_us += series.host.starting_us;
    if (series.host.slowest_us > run->slowest_us)
        run->slowest_us = series.host.slowest_us;
    series_end(&series);
    if (is_ok(result) && faults_total(&run->totals.faults) == faults)
        world_remove(&series.world);
    else
        printf("kept for you: %s\n", root);
    return result;
}

/* ---- report ---- */

static void report(const struct run *run, int64_t took_us)
{
    const struct totals *const totals = &run->totals;
    const struct load_counts *const load = &totals->load;
    printf("rounds %" PRIu64 " in %" PRId64 ".%" PRId64 " s, seed %" PRIu64 "\n", totals->rounds, took_us / 1000000,
           took_us / 100000 % 10, run->seed);
    printf("kills: avald %" PRIu64 ", signer %" PRIu64 ", both %" PRIu64 "; avald at its start %" PRIu64 "\n",
           totals->kills[KILL_AVALD], totals->kills[KILL_SIGNER], totals->kills[KILL_BOTH], totals->kills_at_start);
    printf("requests %" PRIu64 ", %" PRIu64 " of them sent again, %" PRIu64 " given up; introductions %" PRIu64
           ", granted %" PRIu64 ", released %" PRIu64 ", denied %" PRIu64 ", told to come later %" PRIu64 "\n",
           load->sent, load->sent_again, load->given_up, load->introduced, load->granted, load->released, load->denied,
           load->later);
    printf("asked once more %" PRIu64 ", the same leaf %" PRIu64 "; running leases given again %" PRIu64
           "; numbers used again and denied %" PRIu64 ", with a leaf that was opened %" PRIu64 "\n",
           load->repeated, totals->repeated, totals->given_again, load->used, totals->used);
    printf("answers compared %" PRIu64 " (%" PRIu64 " releases) with %" PRIu64 " leaves in %" PRIu64
           " audits; checkpoints %" PRIu64 "; consistency proofs of the host %" PRIu64 "\n",
           totals->answers, totals->releases, totals->leaves, totals->audits, totals->checkpoints, totals->extensions);
    if (run->starts > 0)
        printf("starts of avald %" PRIu64 ", on average %" PRId64 " ms, slowest %" PRId64 " ms\n", run->starts,
               run->starting_us / (int64_t)run->starts / 1000, run->slowest_us / 1000);
    for (int kind = 0; kind < FAULT_KINDS; kind++)
        printf("%s%s %" PRIu64, kind == 0 ? "" : ", ", fault_name((enum fault)kind), totals->faults.counts[kind]);
    printf("\n");
}

static int conclude(const struct run *run, struct result result, int64_t began)
{
    report(run, monotonic_us() - began);
    fflush(stdout);
    if (faults_total(&run->totals.faults) > 0)
        return EXIT_BUG;
    if (!is_ok(result))
        return say_failure(PROGRAM_NAME, run->folder, result, NULL);
    printf("crash: ok\n");
    return EXIT_FINE;
}

/* ---- commands ---- */

static bool take_number(const struct arguments *arguments, const char *name, uint64_t otherwise, uint64_t most,
                        uint64_t *ret_number)
{
    const char *const value = argument_value(arguments, name, NULL);
    *ret_number = otherwise;
    if (value == NULL || is_ok(decimal_read(slice_of(value), most, ret_number)))
        return true;
    say_usage(PROGRAM_NAME, "--%s: \"%s\" is not a number up to %" PRIu64, name, value, most);
    return false;
}

static bool take_run(const struct arguments *arguments, struct run *ret_run)
{
    uint32_t seed;
    entropy_fill(&seed, sizeof seed);
    *ret_run = (struct run){.avald = arguments->values[0], .folder = arguments->values[1]};
    if (!take_number(arguments, "seed", seed, UINT64_MAX, &ret_run->seed))
        return false;
    ret_run->chance.state = ret_run->seed;
    printf("seed %" PRIu64 "\n", ret_run->seed);
    fflush(stdout);
    return true;
}

static int command_run(const struct arguments *arguments, void *context)
{
    (void)context;
    struct run run;
    uint64_t left;
    if (!take_run(arguments, &run) || !take_number(arguments, "rounds", 200, ROUNDS_MAX, &left))
        return EXIT_USAGE;
    const int64_t began = monotonic_us();
    struct result result = RESULT_OK;
    for (uint64_t series = 0; left > 0 && is_ok(result); series++) {
        const uint64_t count = left < ROUNDS_OF_SERIES ? left : ROUNDS_OF_SERIES;
        result = run_series(&run, series, count, NULL, NULL);
        left -= count;
    }
    return conclude(&run, result, began);
}

static int command_self_test(const struct arguments *arguments, void *context)
{
    (void)context;
    struct run run;
    unsigned missed = 0;
    if (!take_run(arguments, &run))
        return EXIT_USAGE;
    const int64_t began = monotonic_us();
    const struct result result = run_series(&run, 1, ROUNDS_OF_SELF_TEST, self_test_run, &missed);
    const int status = conclude(&run, result, began);
    return missed > 0 ? EXIT_BUG : status;
}

static const struct option_info OPTIONS[] = {
    {"seed", 0, "N", "where all choices come from (default: another one each time)", false},
    {0},
};

static const struct option_info RUN_OPTIONS[] = {
    {"rounds", 0, "N", "how many kills (default: 200)", false},
    {0},
};

static const struct command_info COMMANDS[] = {
    {"run", "AVALD FOLDER", "load, kill, restart, compare", RUN_OPTIONS, NULL, 2, 2, command_run},
    {"self-test", "AVALD FOLDER", "whether tampering is found", NULL, NULL, 2, 2, command_self_test},
    {0},
};

static const struct program_info PROGRAM = {
    .name = PROGRAM_NAME,
    .summary =
        "Kills avald and its signer under load, and compares every answer that a client received with ledger and "
        "machine table.",
    .options = OPTIONS,
    .commands = COMMANDS,
    .epilogue =
        "FOLDER is for data folders of the rig's making. Where something is wrong they stay, and the exit status "
        "is 1.",
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv, NULL);
}
