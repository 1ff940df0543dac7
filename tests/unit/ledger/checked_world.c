/* A ledger to be checked; see checked_world.h. */
#include "checked_world.h"

#include "base/secret.h"
#include "disk.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

enum { RELEASE_EACH = 7 };

struct machine_id machine_of(size_t number)
{
    return fixture_machine(number + 1);
}

struct lease lease_of(size_t leaf)
{
    return (struct lease){.license = LICENSE,
                          .issued = TODAY + (seconds)leaf,
                          .expires = TODAY + (seconds)leaf + DAY,
                          .renew_after = HOUR,
                          .retry_after = HOUR};
}

/* What a row says of its last leaf, but for the dates. */
static void name_leaf(struct machine_record *record, size_t leaf, struct slice note)
{
    record->leaf = leaf;
    record->ledger = 1;
    record->number = leaf + 1;
    record->note = hash_of(note);
}

void write_lease(size_t machine, const struct lease *lease, size_t leaf, struct buffer *text,
                 struct machine_record *record)
{
    const struct request request = fixture_request(machine + 1, leaf + 1);
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    fixture_sign_request(machine + 1, &request, &note);
    assert_ok(lease_write(lease, buffer_slice(&note), text));
    *record = (struct machine_record){.first_request = TODAY,
                                      .last_request = lease->issued,
                                      .requests = leaf,
                                      .issued = lease->issued,
                                      .ends = lease->expires,
                                      .expires = lease->expires};
    name_leaf(record, leaf, buffer_slice(&note));
}

static void write_released(size_t machine, size_t leaf, struct buffer *text, struct machine_record *record)
{
    const struct release release = fixture_release(machine + 1, LICENSE, leaf + 1);
    const struct released released = {.released = TODAY + (seconds)leaf};
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    fixture_sign_release(machine + 1, &release, &note);
    assert_ok(released_write(&released, buffer_slice(&note), text));
    record->released = true;
    record->expires = released.released;
    name_leaf(record, leaf, buffer_slice(&note));
}

void make_leaf(struct world *world, size_t leaf)
{
    const size_t machine = leaf % MACHINES;
    struct machine_record *const record = &world->rows[machine].record;
    buffer_clear(&world->leaves[leaf]);
    if (leaf % RELEASE_EACH == 0 && record->issued != 0 && !record->released) {
        write_released(machine, leaf, &world->leaves[leaf], record);
        return;
    }
    const struct lease lease = lease_of(leaf);
    write_lease(machine, &lease, leaf, &world->leaves[leaf], record);
}

void sign_world(struct world *world)
{
    struct frontier frontier = {0};
    struct merkle_batch *batch = NULL;
    uint64_t first;
    const struct hash *upper;
    for (size_t i = 0; i < LEAVES; i++)
        world->hashes[i] = merkle_leaf(buffer_slice(&world->leaves[i]));
    assert_ok(merkle_append(&frontier, world->hashes, LEAVES, &batch));
    assert_int_equal(merkle_batch_tile_hashes(batch, 1, &first, &upper), LEAVES / TILE_WIDTH);
    memcpy(world->upper, upper, sizeof world->upper);
    struct checkpoint checkpoint = {.origin = ORIGIN, .size = LEAVES, .root = merkle_batch_root(batch)};
    merkle_batch_free(batch);
    buffer_clear(&world->checkpoint);
    assert_ok(checkpoint_sign(&checkpoint, world->key, &world->checkpoint));
}

int make_world(void **state)
{
    struct world *const world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_ok(secret_start());
    world->key = vendor_key(ORIGIN);
    world->checkpoint = buffer_make(NOTE_MAX);
    world->leaf_count = world->hash_count = LEAVES;
    for (size_t i = 0; i < LEAVES; i++) {
        world->leaves[i] = buffer_make(LEAF_MAX);
        make_leaf(world, i);
    }
    sign_world(world);
    *state = world;
    return 0;
}

int free_world(void **state)
{
    struct world *const world = *state;
    for (size_t i = 0; i < LEAVES; i++)
        buffer_free(&world->leaves[i]);
    buffer_free(&world->checkpoint);
    signing_key_free(world->key);
    free(world);
    disk_erase();
    return 0;
}

void write_world(struct world *world, struct store *store, size_t from, size_t to)
{
    uint32_t ledger;
    uint32_t license;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &ledger, NULL));
    assert_ok(store_license_make(store, ledger, LICENSE, "studio", &license, NULL));
    for (size_t i = from; i < to && i < world->leaf_count; i++) {
        const struct slice leaf = buffer_slice(&world->leaves[i]);
        assert_ok(store_leaves_append(store, ledger, i, &leaf, 1, NULL));
    }
    for (size_t i = from; i < to && i < world->hash_count; i++) {
        assert_ok(store_hashes_append(store, ledger, 0, i, &world->hashes[i], 1, NULL));
        if (i % TILE_WIDTH == TILE_WIDTH - 1)
            assert_ok(store_hashes_append(store, ledger, 1, i / TILE_WIDTH, &world->upper[i / TILE_WIDTH], 1, NULL));
    }
    for (size_t i = 0; i < MACHINES; i++) {
        const struct machine_id machine = machine_of(i);
        if (!world->row_missing[i] && world->rows[i].record.first_request != 0)
            assert_ok(store_machine_put(store, license, &machine, &world->rows[i], NULL));
    }
    if (world->checkpoint.size > 0)
        assert_ok(store_checkpoint_put(store, ledger, buffer_slice(&world->checkpoint), NULL));
    assert_ok(store_commit(store, NULL));
}

/* ---- what a check finds ---- */

static void take_finding(void *context, const struct ledger_finding *finding)
{
    struct findings *const findings = context;
    if (findings->count < FINDINGS_MAX)
        findings->list[findings->count++] = *finding;
}

struct ledger_check check_of(const struct world *world, struct store *store, struct findings *findings)
{
    return (struct ledger_check){.store = store,
                                 .origin = ORIGIN,
                                 .key = signing_key_verifier(world->key),
                                 .report = take_finding,
                                 .context = findings};
}

RESULT check_all(const struct world *world, struct store *store, uint64_t budget, struct findings *findings)
{
    const struct ledger_check check = check_of(world, store, findings);
    struct ledger_check_position position = {0};
    findings->count = 0;
    while (position.stage != LEDGER_CHECK_DONE) {
        struct ledger_check_position taken_up = position; /* as if read from a file by the next process */
        TRY(ledger_check_step(&check, &taken_up, budget, NULL));
        position = taken_up;
    }
    assert_true(position.findings >= findings->count);
    return RESULT_OK;
}
