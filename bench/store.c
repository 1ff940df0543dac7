/*
 * bench-store: what one activation costs the store, in CPU time, wall time and bytes written.
 *
 *   bench-store measure N --folder FOLDER [--batch B] [--activations A] [--settle]
 *
 * A database with N machines that activated during the last days, and as many leaves, is made in the folder where it is
 * not there yet. Then A activations by machines drawn from the N are played in batches: per activation the row is read,
 * the figures are asked and the row is put; per batch the leaves, their hashes and a checkpoint are appended.
 *
 * Always: the clock is virtual (one second for every 20,000 activations), so that a run can be repeated.
 */
#include "bench/load/machines.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"
#include "store/sqlite.h"
#include "terminal/program.h"
#include "terminal/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PROGRAM_NAME "bench-store"

enum {
    CHUNK = 131072,
    LEAF_SIZE = 928, /* about that of a lease with its request */
    BATCH_MAX = 65536,
    MACHINES_MAX = 100000000,
    ACTIVATIONS_IN_A_SECOND = 20000,
    STEP_ROWS = 2000,
};
#define SPAN        ((seconds)6 * DAY)
#define LEASE       ((seconds)180 * DAY)
#define FILL_BEGINS ((seconds)1790000000)
#define RUN_BEGINS  (FILL_BEGINS + SPAN + HOUR)

struct run {
    struct reason reason;
    struct store *store;
    uint32_t ledger;
    uint32_t license;
    uint64_t machines;
    uint64_t leaves; /* in the ledger */
    struct frontier frontier;
    struct slice *texts;
    struct hash *hashes;
    uint8_t leaf[LEAF_SIZE];
};

static struct machine_id id_of(uint64_t number)
{
    struct machine_id id;
    bench_fill_bytes(BENCH_SEED ^ number << 8, &id, sizeof id);
    return id;
}

/* Leaves and hashes of a batch, as the host appends them. */
static RESULT append(struct run *run, size_t count)
{
    struct merkle_batch *batch = NULL;
    for (size_t i = 0; i < count; i++)
        run->texts[i] = slice_make(run->leaf, sizeof run->leaf);
    TRY(store_leaves_append(run->store, run->ledger, run->leaves, run->texts, count, &run->reason));
    TRY(merkle_append(&run->frontier, run->hashes, count, &batch));
    struct result result = RESULT_OK;
    for (unsigned level = 0; level < TILE_LEVELS && is_ok(result); level++) {
        uint64_t first;
        const struct hash *hashes;
        const size_t completed = merkle_batch_tile_hashes(batch, level, &first, &hashes);
        if (completed > 0)
            result = store_hashes_append(run->store, run->ledger, level, first, hashes, completed, &run->reason);
    }
    merkle_batch_free(batch);
    run->leaves += count;
    return result;
}

/* ---- the known machines ---- */

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct machine_id));
}

/* The machines of a transaction, for store_transact(). */
struct chunk {
    struct run *run;
    struct machine_id *ids;
    size_t count;
};

static RESULT fill_chunk(void *context, struct store *store, struct reason *reason)
{
    const struct chunk *const chunk = context;
    struct run *const run = chunk->run;
    struct machine_id *const ids = chunk->ids;
    const size_t count = chunk->count;
    for (size_t i = 0; i < count; i++)
        ids[i] = id_of(run->leaves + i);
    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < count; i++) {
        uint64_t scatter;
        memcpy(&scatter, ids[i].bytes, sizeof scatter);
        const seconds issued = FILL_BEGINS + (seconds)(scatter % (uint64_t)SPAN);
        struct machine_row row = {.address = "192.0.2.1"};
        row.record = (struct machine_record){.first_request = issued,
                                             .last_request = issued,
                                             .requests = 1,
                                             .issued = issued,
                                             .ends = issued + LEASE,
                                             .expires = issued + LEASE,
                                             .number = 1,
                                             .leaf = run->leaves + i,
                                             .ledger = run->ledger};
        memcpy(row.record.note.bytes, ids[i].bytes, sizeof ids[i]);
        TRY(store_machine_put(store, run->license, &ids[i], &row, reason));
    }
    return append(run, count);
}

static RESULT settle_all(struct run *run)
{
    bool more = true;
    while (more)
        TRY(store_tend(run->store, STEP_ROWS, &more, &run->reason));
    return RESULT_OK;
}

static RESULT fill(struct run *run)
{
    struct machine_id *const ids = calloc(CHUNK, sizeof *ids);
    ENSURE(ids != NULL, NO_MEMORY);
    struct result result = RESULT_OK;
    while (run->leaves < run->machines && is_ok(result)) {
        const uint64_t left = run->machines - run->leaves;
        struct chunk chunk = {run, ids, left < CHUNK ? (size_t)left : CHUNK};
        result = store_transact(run->store, fill_chunk, &chunk, &run->reason);
    }
    free(ids);
    return is_ok(result) ? settle_all(run) : result;
}

/* ---- the run ---- */

struct usage {
    double wall;
    double engine; /* CPU of this thread */
    double all;    /* CPU of the process */
    uint64_t written;
};

static double clock_seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t bytes_written(void)
{
    uint64_t written = 0;
    char line[128];
    FILE *const file = fopen("/proc/self/io", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "wchar: ", 7) == 0)
            written = strtoull(line + 7, NULL, 10);
    if (file != NULL)
        fclose(file);
    return written;
}

static struct usage usage_now(void)
{
    return (struct usage){clock_seconds(CLOCK_MONOTONIC), clock_seconds(CLOCK_THREAD_CPUTIME_ID),
                          clock_seconds(CLOCK_PROCESS_CPUTIME_ID), bytes_written()};
}

static RESULT activate(struct run *run, uint64_t number, seconds now)
{
    const struct machine_id id = id_of(number);
    struct machine_row row;
    struct figures figures;
    bool blocked;
    TRY(store_machine_get(run->store, run->license, &id, &row, &run->reason));
    TRY(store_blocked(run->store, &id, &blocked, &run->reason));
    TRY(store_figures(run->store, run->license, now, &figures, &run->reason));
    row.record.last_request = now;
    row.record.issued = now;
    row.record.ends = now + LEASE;
    row.record.expires = now + LEASE;
    row.record.requests++;
    row.record.number++;
    row.record.leaf = run->leaves;
    return store_machine_put(run->store, run->license, &id, &row, &run->reason);
}

/* For store_transact(). */
struct batch {
    struct run *run;
    size_t count;
    uint64_t done; /* activations before it */
};

static RESULT run_batch(void *context, struct store *store, struct reason *reason)
{
    const struct batch *const batch = context;
    struct run *const run = batch->run;
    char note[300];
    memset(note, 'n', sizeof note);
    TRY(store_checkpoint_put(store, run->ledger, slice_make(note, sizeof note), reason));
    for (size_t i = 0; i < batch->count; i++) {
        uint64_t drawn;
        bench_fill_bytes(BENCH_SEED + run->leaves + i, &drawn, sizeof drawn);
        TRY(activate(run, drawn % run->machines, RUN_BEGINS + (seconds)((batch->done + i) / ACTIVATIONS_IN_A_SECOND)));
    }
    return append(run, batch->count);
}

static RESULT run_all(struct run *run, size_t batch, uint64_t activations, double *ret_longest)
{
    *ret_longest = 0;
    for (uint64_t done = 0; done < activations; done += batch) {
        const double began = clock_seconds(CLOCK_MONOTONIC);
        struct batch now = {run, batch, done};
        TRY(store_transact(run->store, run_batch, &now, &run->reason));
        const double took = clock_seconds(CLOCK_MONOTONIC) - began;
        if (took > *ret_longest)
            *ret_longest = took;
    }
    return RESULT_OK;
}

static RESULT make_numbers(void *context, struct store *store, struct reason *reason)
{
    struct run *const run = context;
    TRY(store_ledger_make(store, "bench.example/bench.example", &run->ledger, reason));
    return store_license_make(store, run->ledger, "bench", "studio", &run->license, reason);
}

static RESULT prepare(struct run *run, const char *path)
{
    const struct store_sqlite_options options = {.path = path, .create = true};
    TRY(store_open_sqlite(&options, &run->store, &run->reason));
    TRY(store_transact(run->store, make_numbers, run, &run->reason));
    TRY(store_ledger_size(run->store, run->ledger, &run->leaves, &run->reason));
    struct store_tiles context = {run->store, run->ledger, &run->reason};
    const struct tile_source source = store_tile_source(&context);
    TRY(frontier_load(&source, run->leaves, &run->frontier));
    run->texts = calloc(CHUNK, sizeof *run->texts);
    run->hashes = calloc(CHUNK, sizeof *run->hashes);
    ENSURE(run->texts != NULL && run->hashes != NULL, NO_MEMORY);
    bench_fill_bytes(BENCH_SEED, run->leaf, sizeof run->leaf);
    bench_fill_bytes(BENCH_SEED, run->hashes, CHUNK * sizeof *run->hashes);
    return RESULT_OK;
}

static void print_cost(const char *what, const struct usage *before, const struct usage *after, double activations)
{
    const double micro = 1e6 / activations;
    printf("%s: engine %.2f us, process %.2f us, wall %.2f us, %.0f bytes per activation\n", what,
           (after->engine - before->engine) * micro, (after->all - before->all) * micro,
           (after->wall - before->wall) * micro, (double)(after->written - before->written) / activations);
}

static RESULT measure(struct run *run, const char *path, size_t batch, uint64_t activations, bool settle)
{
    double longest;
    TRY(prepare(run, path));
    if (run->leaves < run->machines)
        TRY(fill(run));
    const struct usage before = usage_now();
    TRY(run_all(run, batch, activations, &longest));
    const struct usage after = usage_now();
    print_cost("run", &before, &after, (double)activations);
    if (settle) {
        TRY(settle_all(run));
        const struct usage settled = usage_now();
        print_cost("settling", &after, &settled, (double)activations);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("longest batch %.1f ms, peak memory %ld MiB\n", longest * 1e3, usage.ru_maxrss / 1024);
    return RESULT_OK;
}

static RESULT decimal_argument(const struct arguments *arguments, const char *name, const char *absent, uint64_t most,
                               uint64_t *ret_value)
{
    return decimal_read(slice_of(argument_value(arguments, name, absent)), most, ret_value);
}

static int run_measure(const struct arguments *arguments, void *context)
{
    (void)context;
    struct run run = {0};
    uint64_t batch;
    uint64_t activations;
    char path[4096];
    const char *const folder = argument_value(arguments, "folder", NULL);
    if (folder == NULL || snprintf(path, sizeof path, "%s/store.db", folder) >= (int)sizeof path ||
        !is_ok(decimal_read(slice_of(arguments->values[0]), MACHINES_MAX, &run.machines)) || run.machines == 0 ||
        !is_ok(decimal_argument(arguments, "batch", "64", BATCH_MAX, &batch)) || batch == 0 ||
        !is_ok(decimal_argument(arguments, "activations", "200000", MACHINES_MAX, &activations)) || activations == 0)
        return say_usage(PROGRAM_NAME, "N, --folder, and numbers in their ranges are needed");
    const struct result result = measure(&run, path, (size_t)batch, activations, argument_given(arguments, "settle"));
    const int status = is_ok(result) ? EXIT_FINE : say_failure(PROGRAM_NAME, path, result, run.reason.text);
    store_close(run.store);
    free(run.texts);
    free(run.hashes);
    return status;
}

static const struct option_info OPTIONS[] = {
    {"folder", 0, "FOLDER", "where the database is, or is made", false},
    {"batch", 0, "B", "activations in a batch (64)", false},
    {"activations", 0, "A", "how many are played (200000)", false},
    {"settle", 0, NULL, "settle afterwards, and say what that costs", false},
    {0},
};

static const struct command_info COMMANDS[] = {
    {"measure", "N", "measure with N known machines", OPTIONS, NULL, 1, 1, run_measure},
    {0},
};

static const struct program_info PROGRAM = {
    .name = PROGRAM_NAME,
    .summary = "Measures what one activation costs the store.",
    .commands = COMMANDS,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv, NULL);
}
