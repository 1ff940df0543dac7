/*
 * bench-fill: gives a host N machines that activated during the last days, and the N leases in its ledger.
 *
 *   bench-fill machines N --data FOLDER --license FILE --vendor-key FILE --checkpoint FILE
 *
 * Always: what it leaves is what avald would have left: rows, leaves, tile hashes, and a signer that signed that very
 * tree. Machines are those of load/machines.h, numbers 0 to N - 1, in the order of their leaves. No avald may serve the
 * folder meanwhile; its lock is held.
 */
#include "authority/folder.h"
#include "bench/load/judge.h"
#include "core/tlog/merkle.h"
#include "signer/client.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/sqlite.h"
#include "system/clock.h"
#include "terminal/program.h"
#include "terminal/say.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAM_NAME "bench-fill"

enum {
    CHUNK = 131072, /* machines in one transaction; rows are put in the order of their ids within it */
    LEASE_TEXT_MAX = 2048,
    MACHINES_MAX = 100000000,
};
#define SPAN ((seconds)6 * DAY) /* over which they activated, so that none is due for renewal */

struct fill {
    struct reason reason; /* what the store or the system said of a failure */
    const char *folder;
    struct judge judge;
    struct store *store;
    struct signer *signer;
    uint32_t ledger;
    uint32_t license;
    seconds begin; /* of the first lease */
    uint64_t total;
    uint64_t done;
    struct frontier frontier;
    struct frontier signed_tree; /* as the signer is told, part by part of a chunk */
    struct buffer texts;
    struct slice *leaves;
    struct hash *hashes;
    struct arrival *arrivals;
    struct buffer checkpoint;
};

/* A machine of the chunk, to be sorted by id. */
struct arrival {
    struct bench_machine machine;
    uint64_t number;
};

static int compare_arrivals(const void *a, const void *b)
{
    return memcmp(&((const struct arrival *)a)->machine.id, &((const struct arrival *)b)->machine.id,
                  sizeof(struct machine_id));
}

/* ---- one chunk ---- */

static seconds issued_at(const struct fill *fill, uint64_t number)
{
    return fill->begin + (seconds)((double)number / (double)fill->total * (double)SPAN);
}

static struct nonce nonce_of(uint64_t number)
{
    return bench_nonce(BENCH_SEED, number);
}

static RESULT add_lease(struct fill *fill, const struct bench_machine *machine, uint64_t number)
{
    const struct license *license = &fill->judge.license;
    struct lease lease = {.machine = machine->id, .nonce = nonce_of(number), .lock = machine->lock};
    memcpy(lease.license, license->id, sizeof lease.license);
    memcpy(lease.vendor, license->vendor, sizeof lease.vendor);
    memcpy(lease.product, license->product, sizeof lease.product);
    memcpy(lease.edition, license->edition, sizeof lease.edition);
    bench_machine_hardware(machine, &lease.hardware);
    lease.issued = issued_at(fill, number);
    lease.expires = lease.issued + license->lease;
    lease.renew_after = license->renew;
    lease.retry_after = license->retry;
    lease.features = license->features;
    return lease_write(&lease, &fill->texts);
}

static RESULT make_leaves(struct fill *fill, size_t count)
{
    size_t *ends = calloc(count, sizeof *ends);
    ENSURE(ends != NULL, NO_MEMORY);
    buffer_clear(&fill->texts);
    struct result result = RESULT_OK;
    for (size_t i = 0; i < count && is_ok(result); i++) {
        struct arrival *arrival = &fill->arrivals[i];
        arrival->number = fill->done + i;
        bench_machine_make(BENCH_SEED, arrival->number, &arrival->machine);
        result = add_lease(fill, &arrival->machine, arrival->number);
        ends[i] = fill->texts.size;
    }
    for (size_t i = 0; i < count && is_ok(result); i++) {
        const size_t start = i == 0 ? 0 : ends[i - 1];
        fill->leaves[i] = slice_make(fill->texts.data + start, ends[i] - start);
        fill->hashes[i] = merkle_leaf(fill->leaves[i]);
    }
    free(ends);
    return result;
}

static RESULT put_machine(struct fill *fill, const struct arrival *arrival)
{
    const seconds issued = issued_at(fill, arrival->number);
    struct machine_row row = {.address = "127.0.0.1"};
    row.record = (struct machine_record){
        .first_request = issued,
        .last_request = issued,
        .requests = 1,
        .issued = issued,
        .expires = issued + fill->judge.license.lease,
        .leaf = arrival->number,
        .ledger = fill->ledger,
        .nonce = nonce_of(arrival->number),
        .lock = arrival->machine.lock,
    };
    return store_machine_put(fill->store, fill->license, &arrival->machine.id, &row, &fill->reason);
}

static RESULT put_hashes(struct fill *fill, size_t count)
{
    struct merkle_batch *batch = NULL;
    TRY(merkle_append(&fill->frontier, fill->hashes, count, &batch));
    struct result result = RESULT_OK;
    for (unsigned level = 0; level < TILE_LEVELS && is_ok(result); level++) {
        uint64_t first;
        const struct hash *hashes;
        const size_t completed = merkle_batch_tile_hashes(batch, level, &first, &hashes);
        if (completed > 0)
            result = store_hashes_append(fill->store, fill->ledger, level, first, hashes, completed, &fill->reason);
    }
    merkle_batch_free(batch);
    return result;
}

/* The machines of a transaction, for store_transact(). */
struct chunk {
    struct fill *fill;
    size_t count;
};

static RESULT put_chunk(void *context, struct store *store, struct reason *reason)
{
    const struct chunk *const chunk = context;
    struct fill *const fill = chunk->fill;
    const size_t count = chunk->count;
    TRY(store_leaves_append(store, fill->ledger, fill->done, fill->leaves, count, reason));
    TRY(put_hashes(fill, count));
    qsort(fill->arrivals, count, sizeof *fill->arrivals, compare_arrivals);
    for (size_t i = 0; i < count; i++)
        TRY(put_machine(fill, &fill->arrivals[i]));
    return RESULT_OK;
}

static RESULT sign_chunk(struct fill *fill, size_t count)
{
    const char *origin = fill->judge.license.host_key.name;
    for (size_t at = 0; at < count; at += SIGNER_LEAVES_MAX) {
        const size_t left = count - at;
        const size_t part = left < SIGNER_LEAVES_MAX ? left : SIGNER_LEAVES_MAX;
        struct merkle_batch *batch = NULL;
        TRY(merkle_append(&fill->signed_tree, fill->hashes + at, part, &batch));
        merkle_batch_free(batch);
        const struct leaf_run run = {fill->done + at, part, fill->leaves + at, frontier_root(&fill->signed_tree)};
        buffer_clear(&fill->checkpoint);
        TRY(signer_append(fill->signer, origin, &run, &fill->checkpoint));
    }
    return RESULT_OK;
}

static RESULT put_checkpoint(void *context, struct store *store, struct reason *reason)
{
    const struct fill *const fill = context;
    return store_checkpoint_put(store, fill->ledger, buffer_slice(&fill->checkpoint), reason);
}

static RESULT fill_all(struct fill *fill)
{
    struct progress progress = {.what = "machines", .total = fill->total, .began_ms = clock_monotonic_ms()};
    while (fill->done < fill->total) {
        const size_t count = fill->total - fill->done < CHUNK ? (size_t)(fill->total - fill->done) : CHUNK;
        TRY(make_leaves(fill, count));
        struct chunk chunk = {fill, count};
        TRY(store_transact(fill->store, put_chunk, &chunk, &fill->reason));
        TRY(sign_chunk(fill, count));
        fill->done += count;
        progress_show(&progress, fill->done, clock_monotonic_ms());
    }
    progress_end(&progress);
    TRY(store_transact(fill->store, put_checkpoint, fill, &fill->reason));
    bool more = true;
    while (more)
        TRY(store_tend(fill->store, CHUNK, &more, &fill->reason));
    return RESULT_OK;
}

/* ---- from beginning to end ---- */

static RESULT make_numbers(void *context, struct store *store, struct reason *reason)
{
    struct fill *const fill = context;
    TRY(store_ledger_make(store, fill->judge.license.host_key.name, &fill->ledger, reason));
    return store_license_make(store, fill->ledger, fill->judge.license.id, &fill->license, reason);
}

static RESULT number_all(struct fill *fill)
{
    TRY(store_transact(fill->store, make_numbers, fill, &fill->reason));
    uint64_t size;
    TRY(store_ledger_size(fill->store, fill->ledger, &size, &fill->reason));
    ENSURE(size == 0, FILE_EXISTS);
    return RESULT_OK;
}

static RESULT prepare(struct fill *fill)
{
    char path[PATH_SIZE];
    TRY(path_join(path, fill->folder, FOLDER_DATABASE));
    const struct store_sqlite_options options = {.path = path, .create = true};
    TRY(store_open_sqlite(&options, &fill->store, &fill->reason));
    TRY(number_all(fill));
    TRY(signer_start(fill->folder, &fill->signer));
    fill->begin = clock_now() - SPAN - HOUR;
    ENSURE(fill->begin >= fill->judge.license.not_before, LICENSE_NOT_IN_FORCE);
    fill->texts = buffer_make((size_t)CHUNK * LEASE_TEXT_MAX);
    fill->checkpoint = buffer_make(NOTE_MAX);
    fill->leaves = calloc(CHUNK, sizeof *fill->leaves);
    fill->hashes = calloc(CHUNK, sizeof *fill->hashes);
    fill->arrivals = calloc(CHUNK, sizeof *fill->arrivals);
    ENSURE(fill->leaves != NULL && fill->hashes != NULL && fill->arrivals != NULL, NO_MEMORY);
    return RESULT_OK;
}

static RESULT fill_folder(struct fill *fill, const char *checkpoint)
{
    char lock_path[PATH_SIZE];
    int lock = -1;
    TRY(path_join(lock_path, fill->folder, FOLDER_LOCK));
    TRY(file_lock(lock_path, 0, &lock, &fill->reason));
    struct result result = prepare(fill);
    if (is_ok(result))
        result = fill_all(fill);
    if (is_ok(result))
        result = file_write(checkpoint, buffer_slice(&fill->checkpoint), 0644, &fill->reason);
    signer_stop(fill->signer);
    store_close(fill->store);
    buffer_free(&fill->texts);
    buffer_free(&fill->checkpoint);
    free(fill->leaves);
    free(fill->hashes);
    free(fill->arrivals);
    file_unlock(lock);
    return result;
}

static int run(const struct arguments *arguments, void *context)
{
    (void)context;
    struct fill fill = {.folder = argument_value(arguments, "data", NULL)};
    const char *key = argument_value(arguments, "vendor-key", NULL);
    const char *license = argument_value(arguments, "license", NULL);
    const char *checkpoint = argument_value(arguments, "checkpoint", NULL);
    if (fill.folder == NULL || key == NULL || license == NULL || checkpoint == NULL)
        return say_usage(PROGRAM_NAME, "--data, --license, --vendor-key and --checkpoint are needed");
    if (!is_ok(decimal_read(slice_of(arguments->values[0]), MACHINES_MAX, &fill.total)) || fill.total == 0)
        return say_usage(PROGRAM_NAME, "%s: a number of machines is needed", arguments->values[0]);
    const char *path = NULL;
    struct result result = judge_open(key, license, NULL, &fill.judge, &path);
    if (!is_ok(result))
        return say_failure(PROGRAM_NAME, path, result, NULL);
    result = fill_folder(&fill, checkpoint);
    judge_close(&fill.judge);
    if (!is_ok(result))
        return say_failure(PROGRAM_NAME, fill.folder, result, fill.reason.text);
    return EXIT_FINE;
}

static const struct option_info OPTIONS[] = {
    {"data", 0, "FOLDER", "data folder of the host, without machines so far", false},
    {"license", 0, "FILE", "the license under which they activated; in force for a week already", false},
    {"vendor-key", 0, "FILE", "the vendor's verifier key", false},
    {"checkpoint", 0, "FILE", "where to write the last checkpoint", false},
    {0},
};

static const struct command_info COMMANDS[] = {
    {"machines", "N", "fill with N machines", OPTIONS, NULL, 1, 1, run},
    {0},
};

static const struct program_info PROGRAM = {
    .name = PROGRAM_NAME,
    .summary = "Fills the data folder of a host with machines that have activated.",
    .commands = COMMANDS,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv, NULL);
}
