/*
 * bench-fill: gives a host N machines that activated during the last days, and the N leases in its ledger.
 *
 *   bench-fill machines N --data FOLDER --license FILE --vendor-key FILE --checkpoint FILE
 *
 * Always: what it leaves is what avald would have left: rows, leaves, tile hashes, and a signer that signed that very
 * tree. Machines are those of load/machines.h, numbers 0 to N - 1, in the order of their leaves; each leaf carries the
 * first request that its machine signed, which says that it had seen the tree of the transaction before. No avald may
 * serve the folder meanwhile; its lock is held.
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

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM_NAME "bench-fill"

enum {
    CHUNK = 131072, /* machines in one transaction; rows are put in the order of their ids within it */
    MACHINES_MAX = 100000000,
    MAKERS_MAX = 16, /* threads that sign for machines */
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
    struct seen seen;            /* of the newest checkpoint */
    struct slice *leaves;
    struct hash *hashes;
    struct arrival *arrivals;
    struct buffer checkpoint;
    struct maker *makers;
    unsigned maker_count;
};

/* A machine of the chunk, to be sorted by id. */
struct arrival {
    struct machine_id machine;
    uint64_t number;
    struct hash note; /* of its request */
    struct hardware_mark hardware;
};

static int compare_arrivals(const void *a, const void *b)
{
    return memcmp(&((const struct arrival *)a)->machine, &((const struct arrival *)b)->machine,
                  sizeof(struct machine_id));
}

/* ---- one chunk ---- */

static seconds issued_at(const struct fill *fill, uint64_t number)
{
    return fill->begin + (seconds)((double)number / (double)fill->total * (double)SPAN);
}

/* What the machine signed when it asked. */
static RESULT write_request(const struct fill *fill, const struct bench_machine *machine, seconds time,
                            struct buffer *out)
{
    const struct license *license = &fill->judge.license;
    struct request request = {.host_key = license->host_keys[0], .number = 1, .time = time, .state = STATE_GRACE};
    memcpy(request.vendor, license->vendor, sizeof request.vendor);
    memcpy(request.product, license->product, sizeof request.product);
    memcpy(request.edition, license->edition, sizeof request.edition);
    request.seen = fill->seen;
    return bench_machine_ask(machine, &request, out);
}

static RESULT write_leaf(const struct fill *fill, struct arrival *arrival, struct buffer *out)
{
    const struct license *license = &fill->judge.license;
    struct bench_machine machine;
    struct lease lease = {.issued = issued_at(fill, arrival->number)};
    memcpy(lease.license, license->id, sizeof lease.license);
    lease.expires = lease.issued + license->lease;
    lease.renew_after = license->renew;
    lease.retry_after = license->retry;
    lease.features = license->features;
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    TRY(bench_machine_make(BENCH_SEED, arrival->number, &machine));
    TRY(write_request(fill, &machine, lease.issued, &note));
    arrival->machine = machine.id;
    arrival->note = hash_of(buffer_slice(&note));
    arrival->hardware = hardware_mark(&machine.hardware);
    return lease_write(&lease, buffer_slice(&note), out);
}

/* The leaves that one thread makes, of every chunk; its buffer is kept from one to the next. */
struct maker {
    struct fill *fill;
    size_t from;
    size_t to;
    struct buffer texts;
    struct result result;
};

static RESULT make_part(struct maker *maker)
{
    struct fill *const fill = maker->fill;
    buffer_clear(&maker->texts);
    for (size_t i = maker->from; i < maker->to; i++) {
        const size_t start = maker->texts.size;
        fill->arrivals[i].number = fill->done + i;
        TRY(write_leaf(fill, &fill->arrivals[i], &maker->texts));
        fill->leaves[i] = slice_make(NULL, maker->texts.size - start); /* the buffer still moves */
    }
    size_t at = 0;
    for (size_t i = maker->from; i < maker->to; i++) {
        fill->leaves[i].data = maker->texts.data + at;
        fill->hashes[i] = merkle_leaf(fill->leaves[i]);
        at += fill->leaves[i].size;
    }
    return RESULT_OK;
}

static void *maker_main(void *context)
{
    struct maker *const maker = context;
    maker->result = make_part(maker);
    return NULL;
}

/* Signing for the machines is most of the work, and is shared by the processors. */
static RESULT make_leaves(struct fill *fill, size_t count)
{
    pthread_t threads[MAKERS_MAX];
    unsigned started = 0;
    struct result result = RESULT_OK;
    for (; started < fill->maker_count && is_ok(result); started++) {
        struct maker *const maker = &fill->makers[started];
        maker->fill = fill;
        maker->from = count * started / fill->maker_count;
        maker->to = count * (started + 1) / fill->maker_count;
        if (pthread_create(&threads[started], NULL, maker_main, maker) != 0) {
            result = FAIL(NO_MEMORY);
            break;
        }
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        if (is_ok(result))
            result = fill->makers[i].result;
    }
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
        .ends = issued + fill->judge.license.lease,
        .expires = issued + fill->judge.license.lease,
        .number = 1,
        .note = arrival->note,
        .hardware = arrival->hardware,
        .leaf = arrival->number,
        .ledger = fill->ledger,
    };
    return store_machine_put(fill->store, fill->license, &arrival->machine, &row, &fill->reason);
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

/* The checkpoint that was signed now is what the next machines have seen. */
static RESULT take_seen(struct fill *fill)
{
    const struct verifier_key *const key = &fill->judge.license.host_keys[0];
    struct checkpoint checkpoint;
    TRY(checkpoint_open(buffer_slice(&fill->checkpoint), key, &checkpoint));
    return seen_make(&checkpoint, buffer_slice(&fill->checkpoint), key, &fill->seen);
}

/* The empty tree, which the first machines have seen. */
static RESULT sign_nothing(struct fill *fill)
{
    const struct leaf_run run = {.root = frontier_root(&fill->signed_tree)};
    buffer_clear(&fill->checkpoint);
    TRY(signer_append(fill->signer, fill->judge.license.host_keys[0].name, &run, &fill->checkpoint));
    return take_seen(fill);
}

static RESULT sign_chunk(struct fill *fill, size_t count)
{
    const char *origin = fill->judge.license.host_keys[0].name;
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
    return take_seen(fill);
}

static RESULT put_checkpoint(void *context, struct store *store, struct reason *reason)
{
    const struct fill *const fill = context;
    return store_checkpoint_put(store, fill->ledger, buffer_slice(&fill->checkpoint), reason);
}

static RESULT fill_all(struct fill *fill)
{
    struct progress progress = {.what = "machines", .total = fill->total, .began_ms = clock_monotonic_ms()};
    TRY(sign_nothing(fill));
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
    TRY(store_ledger_make(store, fill->judge.license.host_keys[0].name, &fill->ledger, reason));
    return store_license_make(store, fill->ledger, fill->judge.license.id, fill->judge.license.product, &fill->license,
                              reason);
}

static RESULT number_all(struct fill *fill)
{
    TRY(store_transact(fill->store, make_numbers, fill, &fill->reason));
    uint64_t size;
    TRY(store_ledger_size(fill->store, fill->ledger, &size, &fill->reason));
    ENSURE(size == 0, FILE_EXISTS);
    return RESULT_OK;
}

static RESULT make_makers(struct fill *fill)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    fill->maker_count = processors < 1 ? 1 : processors > MAKERS_MAX ? MAKERS_MAX : (unsigned)processors;
    fill->makers = calloc(fill->maker_count, sizeof *fill->makers);
    ENSURE(fill->makers != NULL, NO_MEMORY);
    for (unsigned i = 0; i < fill->maker_count; i++)
        fill->makers[i].texts = buffer_make((size_t)CHUNK * LEAF_MAX);
    return RESULT_OK;
}

static void free_makers(struct fill *fill)
{
    for (unsigned i = 0; fill->makers != NULL && i < fill->maker_count; i++)
        buffer_free(&fill->makers[i].texts);
    free(fill->makers);
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
    fill->checkpoint = buffer_make(NOTE_MAX);
    TRY(make_makers(fill));
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
    free_makers(fill);
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
