/*
 * The check of a whole ledger: what is wrong is found, and said with what it affects; and a database file with a
 * flipped byte, or cut short, is never taken for whole.
 *
 * AVAL_ROUNDS=N flips N times as many bytes of each page.
 */
#include "base/secret.h"
#include "disk.h"
#include "host_fixture.h"
#include "ledger/check.h"
#include "ledger/epochs.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/memory.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ORIGIN  HOST "/" VENDOR
#define LICENSE "main"

enum { LEAVES = 600, MACHINES = 40, RELEASE_EACH = 7, FLIPS_OF_A_PAGE = 2, PAGE_MAX = 65536, FINDINGS_MAX = 4096 };

/* What a store is filled with; the tests change it before it is written. */
struct world {
    struct signing_key *key;
    size_t leaf_count;
    size_t hash_count; /* of leaves, with those of the levels above them */
    struct buffer leaves[LEAVES];
    struct hash hashes[LEAVES];
    struct hash upper[LEAVES / TILE_WIDTH];
    struct machine_row rows[MACHINES];
    bool row_missing[MACHINES];
    struct buffer checkpoint;
};

static struct machine_id machine_of(size_t number)
{
    return fixture_machine(number + 1);
}

static struct lease lease_of(size_t leaf)
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

static void write_lease(size_t machine, const struct lease *lease, size_t leaf, struct buffer *text,
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

/* A lease of the machine whose turn it is, or the release of its last one. */
static void make_leaf(struct world *world, size_t leaf)
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

/* Hashes and checkpoint of the leaves as they are. */
static void sign_world(struct world *world)
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

static int make_world(void **state)
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

static int free_world(void **state)
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

/* Leaves `from` up to `to` with their hashes, and every row, in one transaction. */
static void write_world(struct world *world, struct store *store, size_t from, size_t to)
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

/* ---- findings ---- */

struct findings {
    size_t count;
    struct ledger_finding list[FINDINGS_MAX];
};

static void take_finding(void *context, const struct ledger_finding *finding)
{
    struct findings *const findings = context;
    if (findings->count < FINDINGS_MAX)
        findings->list[findings->count++] = *finding;
}

static struct ledger_check check_of(const struct world *world, struct store *store, struct findings *findings)
{
    return (struct ledger_check){.store = store,
                                 .origin = ORIGIN,
                                 .key = signing_key_verifier(world->key),
                                 .report = take_finding,
                                 .context = findings};
}

static RESULT check_all(const struct world *world, struct store *store, uint64_t budget, struct findings *findings)
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

/* Writes the world to a store in memory and checks it. */
static struct findings *check_world(struct world *world, uint64_t budget)
{
    static struct findings findings;
    struct store *store = NULL;
    assert_ok(store_open_memory(&store));
    write_world(world, store, 0, LEAVES);
    assert_ok(check_all(world, store, budget, &findings));
    store_close(store);
    return &findings;
}

static bool has(const struct findings *findings, enum ledger_fault fault, unsigned level, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct ledger_finding *const finding = &findings->list[i];
        if (finding->fault == fault && finding->level == level && finding->first == first && finding->last == last)
            return true;
    }
    return false;
}

static bool names_machine(const struct findings *findings, size_t machine)
{
    const struct machine_id id = machine_of(machine);
    for (size_t i = 0; i < findings->count; i++)
        if (findings->list[i].fault == LEDGER_FAULT_MACHINE && strcmp(findings->list[i].license, LICENSE) == 0 &&
            memcmp(&findings->list[i].machine, &id, sizeof id) == 0)
            return true;
    return false;
}

static void alter(struct buffer *text)
{
    text->data[text->size / 2] ^= 1;
}

/* ---- what is found ---- */

static void a_whole_ledger_is_found_whole_in_steps_of_any_size(void **state)
{
    const uint64_t budgets[] = {1, 7, 256, 100000};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++)
        assert_int_equal(check_world(*state, budgets[i])->count, 0);
}

static void an_altered_leaf_is_named(void **state)
{
    struct world *const world = *state;
    alter(&world->leaves[301]);
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_LEAF_HASH, 0, 301, 301));
}

static void an_altered_hash_is_named_with_its_tile(void **state)
{
    struct world *const world = *state;
    world->hashes[300].bytes[5] ^= 1;
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_LEAF_HASH, 0, 300, 300));
    assert_true(has(findings, LEDGER_FAULT_HASH, 1, 1, 1));
    assert_false(has(findings, LEDGER_FAULT_HASH, 1, 0, 0));
}

static void an_altered_hash_above_the_leaves_is_named(void **state)
{
    struct world *const world = *state;
    world->upper[0].bytes[0] ^= 1;
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_HASH, 1, 0, 0));
    assert_true(has(findings, LEDGER_FAULT_ROOT, 0, 0, LEAVES - 1));
    assert_int_equal(findings->count, 2);
}

/* Whoever rewrites a leaf can rewrite the hashes and the row too, and then only the signature tells. */
static void a_ledger_rewritten_with_all_its_hashes_is_not_what_was_signed(void **state)
{
    struct world *const world = *state;
    struct buffer signed_before = world->checkpoint;
    world->checkpoint = buffer_make(NOTE_MAX);
    struct lease lease = lease_of(80); /* not the last of its machine */
    struct machine_record unused;
    lease.expires += DAY;
    buffer_clear(&world->leaves[80]);
    write_lease(80 % MACHINES, &lease, 80, &world->leaves[80], &unused);
    sign_world(world);
    buffer_free(&world->checkpoint);
    world->checkpoint = signed_before;
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_ROOT, 0, 0, LEAVES - 1));
    assert_int_equal(findings->count, 1);
}

static void a_ledger_without_its_newest_leaves_is_short(void **state)
{
    struct world *const world = *state;
    world->leaf_count = world->hash_count = 590;
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_SHORT, 0, 590, LEAVES - 1));
    assert_true(has(findings, LEDGER_FAULT_ROOT, 0, 0, LEAVES - 1));
    assert_true(names_machine(findings, 596 % MACHINES)); /* its row names a leaf that is not there */
}

static void leaves_that_end_before_their_hashes_are_named(void **state)
{
    struct world *const world = *state;
    world->leaf_count = 597;
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_END, 0, 597, LEAVES - 1));
    assert_true(has(findings, LEDGER_FAULT_LEAF, 0, 597, 597));
    assert_true(has(findings, LEDGER_FAULT_LEAF, 0, 599, 599));
}

static void hashes_that_end_before_their_leaves_are_named(void **state)
{
    struct world *const world = *state;
    world->hash_count = 520;
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_END, 0, 520, LEAVES - 1));
    assert_true(has(findings, LEDGER_FAULT_HASH, 0, 512, LEAVES - 1));
    assert_true(has(findings, LEDGER_FAULT_ROOT, 0, 0, LEAVES - 1));
}

static void a_missing_checkpoint_is_found(void **state)
{
    struct world *const world = *state;
    buffer_clear(&world->checkpoint);
    assert_true(has(check_world(world, 10), LEDGER_FAULT_CHECKPOINT, 0, 0, 0));
}

/* Checks the world, which has no checkpoint, beside an epoch that begins as that says. */
static const struct findings *check_closed(struct world *world, const struct epoch *epoch)
{
    static struct findings findings;
    struct store *store = NULL;
    uint32_t ledger;
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    buffer_clear(&world->checkpoint);
    assert_ok(store_open_memory(&store));
    write_world(world, store, 0, LEAVES);
    assert_ok(epoch_write(epoch, &text));
    const struct slice leaf = buffer_slice(&text);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, epoch->origin, &ledger, NULL));
    assert_ok(store_leaves_append(store, ledger, 0, &leaf, 1, NULL));
    assert_ok(store_commit(store, NULL));
    assert_ok(check_all(world, store, 100, &findings));
    store_close(store);
    return &findings;
}

static void of_a_ledger_that_ended_without_a_checkpoint_the_next_epoch_tells(void **state)
{
    struct world *const world = *state;
    struct checkpoint last;
    assert_ok(checkpoint_open(buffer_slice(&world->checkpoint), signing_key_verifier(world->key), &last));
    const struct epoch epoch = {.origin = ORIGIN "/epoch-2",
                                .previous = ORIGIN,
                                .size = LEAVES,
                                .root = last.root,
                                .found = LEAVES,
                                .began = TODAY};
    struct epoch other = epoch;
    assert_int_equal(check_closed(world, &epoch)->count, 0);
    other.root.bytes[0] ^= 1;
    assert_true(has(check_closed(world, &other), LEDGER_FAULT_ROOT, 0, 0, LEAVES - 1));
    other.size++; /* more was signed than was found: its root is not this one's */
    assert_int_equal(check_closed(world, &other)->count, 0);
    other.found--;
    assert_true(has(check_closed(world, &other), LEDGER_FAULT_CHECKPOINT, 0, 0, 0));
    other = epoch;
    strcpy(other.origin, ORIGIN "/epoch-3");
    strcpy(other.previous, ORIGIN "/epoch-2");
    assert_true(has(check_closed(world, &other), LEDGER_FAULT_CHECKPOINT, 0, 0, 0));
}

static void a_checkpoint_with_any_flipped_byte_is_found(void **state)
{
    struct world *const world = *state;
    for (size_t i = 0; i < world->checkpoint.size; i += 13) {
        world->checkpoint.data[i] ^= 1;
        assert_true(has(check_world(world, 1000), LEDGER_FAULT_CHECKPOINT, 0, 0, 0));
        world->checkpoint.data[i] ^= 1;
    }
}

static void a_checkpoint_of_another_key_is_found(void **state)
{
    struct world *const world = *state;
    struct signing_key *const own = world->key;
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    const uint8_t seed[SEED_SIZE] = {1};
    assert_ok(signing_key_make(slice_of(ORIGIN), seed, &other));
    world->key = other;
    sign_world(world);
    world->key = own;
    assert_true(has(check_world(world, 10), LEDGER_FAULT_CHECKPOINT, 0, 0, 0));
}

static void a_leaf_that_is_no_document_of_a_ledger_is_named(void **state)
{
    struct world *const world = *state;
    buffer_clear(&world->leaves[42]);
    buffer_append_text(&world->leaves[42], "not a lease\n");
    sign_world(world);
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_LEAF_FORM, 0, 42, 42));
    assert_int_equal(findings->count, 1);
}

static void a_lease_under_an_unknown_license_is_named(void **state)
{
    struct world *const world = *state;
    struct lease lease = lease_of(41);
    struct machine_record unused;
    strcpy(lease.license, "other");
    buffer_clear(&world->leaves[41]);
    write_lease(41 % MACHINES, &lease, 41, &world->leaves[41], &unused);
    sign_world(world);
    const struct findings *const findings = check_world(world, 10);
    assert_true(has(findings, LEDGER_FAULT_LICENSE, 0, 41, 41));
    assert_int_equal(findings->count, 1);
}

/* Each thing that a row says of the last lease. Machine 3 has one in force; machine 14 gave its last one back. */
enum { HOLDER = 3, RELEASED = 14 };
static void issue_later(struct machine_record *record)
{
    record->issued++;
}
static void expire_later(struct machine_record *record)
{
    record->expires++;
}
static void change_number(struct machine_record *record)
{
    record->number++;
}
static void change_note(struct machine_record *record)
{
    record->note.bytes[31] ^= 1;
}
static void name_leaf_of_another(struct machine_record *record)
{
    record->leaf--;
}
static void name_older_leaf(struct machine_record *record)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    const struct lease lease = lease_of(HOLDER);
    write_lease(HOLDER, &lease, HOLDER, &text, record);
}
static void name_leaf_behind_the_end(struct machine_record *record)
{
    record->leaf = LEAVES;
}
static void turn_released(struct machine_record *record)
{
    record->released = !record->released;
}
static void forget_lease(struct machine_record *record)
{
    record->issued = 0;
}
static void forget_leaf(struct machine_record *record)
{
    record->number = 0;
}

static void a_row_that_contradicts_its_leaf_is_named(void **state)
{
    struct world *const world = *state;
    void (*const changes[])(struct machine_record * record) = {
        expire_later,  change_number, change_note, name_leaf_of_another,    name_older_leaf,
        turn_released, forget_lease,  forget_leaf, name_leaf_behind_the_end};
    const size_t machines[] = {HOLDER, RELEASED};
    assert_false(world->rows[HOLDER].record.released);
    assert_true(world->rows[RELEASED].record.released);
    for (size_t m = 0; m < sizeof machines / sizeof *machines; m++)
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            const struct machine_row before = world->rows[machines[m]];
            changes[i](&world->rows[machines[m]].record);
            const struct findings *const findings = check_world(world, 10);
            if (!names_machine(findings, machines[m]))
                fail_msg("change %zu of machine %zu was not found", i, machines[m]);
            world->rows[machines[m]] = before;
        }
    issue_later(&world->rows[HOLDER].record);
    assert_true(names_machine(check_world(world, 10), HOLDER));
}

static void a_seat_reclaimed_is_of_a_machine_that_has_a_row(void **state)
{
    struct world *const world = *state;
    const struct request request = fixture_request(1, 1);
    struct reclaimed reclaimed = {.license = LICENSE,
                                  .machine_key = request.machine_key,
                                  .machine = request.machine,
                                  .lease_origin = ORIGIN,
                                  .reclaimed = TODAY};
    buffer_clear(&world->leaves[MACHINES]);
    assert_ok(reclaimed_write(&reclaimed, &world->leaves[MACHINES]));
    sign_world(world);
    assert_int_equal(check_world(world, 100)->count, 0);
    const struct request unknown = fixture_request(MACHINES + 1, 1);
    reclaimed.machine_key = unknown.machine_key;
    reclaimed.machine = unknown.machine;
    buffer_clear(&world->leaves[MACHINES]);
    assert_ok(reclaimed_write(&reclaimed, &world->leaves[MACHINES]));
    sign_world(world);
    const struct findings *const findings = check_world(world, 100);
    assert_int_equal(findings->count, 1);
    assert_int_equal(findings->list[0].fault, LEDGER_FAULT_MACHINE);
    strcpy(reclaimed.license, "nobodys");
    buffer_clear(&world->leaves[MACHINES]);
    assert_ok(reclaimed_write(&reclaimed, &world->leaves[MACHINES]));
    sign_world(world);
    assert_true(has(check_world(world, 100), LEDGER_FAULT_LICENSE, 0, MACHINES, MACHINES));
}

static void a_missing_row_is_named(void **state)
{
    struct world *const world = *state;
    world->row_missing[HOLDER] = true;
    assert_true(names_machine(check_world(world, 10), HOLDER));
}

/* A seat given back in the table alone: its leaf is a lease. */
static void a_release_that_no_leaf_tells_of_is_found(void **state)
{
    struct world *const world = *state;
    world->rows[HOLDER].record.released = true;
    world->rows[HOLDER].record.expires -= HOUR;
    const struct findings *const findings = check_world(world, 10);
    assert_true(names_machine(findings, HOLDER));
    assert_int_equal(findings->count, 2); /* once by the leaf, and once by the row */
}

static void a_ledger_that_grows_meanwhile_is_whole(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    struct world *const young = calloc(1, sizeof *young);
    assert_non_null(young);
    for (size_t size = 300; size < LEAVES; size += 115) {
        struct store *store = NULL;
        struct ledger_check_position position = {0};
        assert_ok(store_open_memory(&store));
        *young = *world;
        memset(young->rows, 0, sizeof young->rows);
        young->checkpoint = (struct buffer){0};
        for (size_t i = 0; i < size; i++)
            make_leaf(young, i);
        write_world(young, store, 0, size);
        const struct ledger_check check = check_of(world, store, &findings);
        findings.count = 0;
        assert_ok(ledger_check_step(&check, &position, 60, NULL));
        assert_int_equal(position.stage, LEDGER_CHECK_LEAVES);
        for (size_t i = size; i < LEAVES; i++)
            make_leaf(young, i);
        write_world(world, store, size, LEAVES);
        while (position.stage != LEDGER_CHECK_DONE)
            assert_ok(ledger_check_step(&check, &position, 60, NULL));
        assert_int_equal(findings.count, 1); /* there was no checkpoint when the check began */
        assert_int_equal(findings.list[0].fault, LEDGER_FAULT_CHECKPOINT);
        store_close(store);
    }
    free(young);
}

/* Puts the next epoch into a store that has the first: the leaf that begins it, and a lease of HOLDER, whose row names
 * a leaf of ledger `named` and holds the seat for longer. */
static void write_second_epoch_behind(const struct world *world, struct store *store, uint32_t named, uint64_t size)
{
    struct epoch epoch = {
        .origin = ORIGIN "/epoch-2", .previous = ORIGIN, .size = size, .found = LEAVES, .began = TODAY};
    const struct lease lease = lease_of(LEAVES);
    struct machine_row row = {.address = ""};
    const struct machine_id machine = machine_of(HOLDER);
    CLEANUP_BUFFER struct buffer beginning = buffer_make(LEAF_MAX);
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(epoch_write(&epoch, &beginning));
    write_lease(HOLDER, &lease, LEAVES, &text, &row.record);
    row.record.leaf = 1;
    row.record.ledger = named;
    row.record.expires += DAY; /* by a lease of the epoch before, whose clock was ahead */
    const struct slice leaves[] = {buffer_slice(&beginning), buffer_slice(&text)};
    const struct hash hashes[] = {merkle_leaf(leaves[0]), merkle_leaf(leaves[1])};
    struct checkpoint checkpoint = {
        .origin = ORIGIN "/epoch-2", .size = 2, .root = merkle_node(&hashes[0], &hashes[1])};
    assert_ok(checkpoint_sign(&checkpoint, world->key, &note));
    uint32_t first;
    uint32_t ledger;
    uint32_t license;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &first, NULL));
    assert_ok(store_ledger_make(store, ORIGIN "/epoch-2", &ledger, NULL));
    assert_ok(store_license_make(store, first, LICENSE, "studio", &license, NULL));
    assert_ok(store_leaves_append(store, ledger, 0, leaves, 2, NULL));
    assert_ok(store_hashes_append(store, ledger, 0, 0, hashes, 2, NULL));
    assert_ok(store_machine_put(store, license, &machine, &row, NULL));
    assert_ok(store_checkpoint_put(store, ledger, buffer_slice(&note), NULL));
    assert_ok(store_commit(store, NULL));
}

static void write_second_epoch(const struct world *world, struct store *store, uint32_t named)
{
    write_second_epoch_behind(world, store, named, LEAVES + 1);
}

static size_t check_epoch(const struct world *world, struct store *store, const char *origin, struct findings *findings)
{
    struct ledger_check check = check_of(world, store, findings);
    struct ledger_check_position position = {0};
    check.origin = origin;
    findings->count = 0;
    while (position.stage != LEDGER_CHECK_DONE)
        assert_ok(ledger_check_step(&check, &position, 100, NULL));
    return findings->count;
}

static void each_epoch_is_checked_with_the_rows_of_all(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    for (uint32_t named = 1; named <= 3; named++) {
        struct store *store = NULL;
        assert_ok(store_open_memory(&store));
        write_world(world, store, 0, LEAVES);
        write_second_epoch(world, store, named);
        if (named == 2) {
            assert_int_equal(check_epoch(world, store, ORIGIN, &findings), 0);
            assert_int_equal(check_epoch(world, store, ORIGIN "/epoch-2", &findings), 0);
        } else {
            check_epoch(world, store, ORIGIN, &findings);
            assert_true(names_machine(&findings, HOLDER));
            check_epoch(world, store, ORIGIN "/epoch-2", &findings);
            assert_true(names_machine(&findings, HOLDER));
        }
        const struct ledger_check stranger = {
            .store = store, .origin = "other.example/acme.example", .key = signing_key_verifier(world->key)};
        struct ledger_check_position position = {0};
        assert_fails(ledger_check_step(&stranger, &position, 100, NULL), CHECKPOINT_ORIGIN);
        store_close(store);
    }
}

/* Then its machine holds the seat as before. */
static void a_release_that_was_not_signed_when_its_epoch_ended_gave_no_seat_back(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    struct machine_record *const record = &world->rows[RELEASED].record;
    record->released = false;
    record->expires = record->ends;
    assert_true(names_machine(check_world(world, 10), RELEASED));
    for (uint64_t size = record->leaf; size <= record->leaf + 1; size++) {
        struct store *store = NULL;
        const bool is_signed = size > record->leaf;
        assert_ok(store_open_memory(&store));
        write_world(world, store, 0, LEAVES);
        write_second_epoch_behind(world, store, 2, size);
        check_epoch(world, store, ORIGIN, &findings);
        assert_int_equal(names_machine(&findings, RELEASED), is_signed);
        check_epoch(world, store, ORIGIN "/epoch-2", &findings);
        assert_int_equal(names_machine(&findings, RELEASED), is_signed);
        store_close(store);
    }
}

static void every_finding_has_a_sentence(void **state)
{
    (void)state;
    for (int fault = LEDGER_FAULT_CHECKPOINT; fault <= LEDGER_FAULT_MACHINES; fault++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(1024);
        const struct ledger_finding finding = {.fault = (enum ledger_fault)fault, .first = 1, .last = 2};
        ledger_finding_write(&finding, &text);
        assert_ok(buffer_status(&text));
        assert_true(text.size > 10);
    }
}

/* ---- damaged files ---- */

#define DATABASE "/database" /* on the disk in memory */

/* The store makes a new file itself, on the real disk, before SQLite opens it on this one. */
static RESULT open_database(const char *path, bool create, struct store **ret_store)
{
    const struct store_sqlite_options options = {.path = path, .vfs = disk_vfs(), .create = create};
    return store_open_sqlite(&options, ret_store, NULL);
}

/* What the store reads of what a ledger vouches for, as one hash; `*ret_whole` is false where something cannot be read.
 */
struct digest {
    struct hash hash;
    bool whole;
};

static void digest_add(struct digest *digest, const void *data, size_t size)
{
    uint8_t joined[HASH_SIZE + LEAF_MAX];
    memcpy(joined, digest->hash.bytes, HASH_SIZE);
    if (size > 0)
        memcpy(joined + HASH_SIZE, data, size);
    digest->hash = hash_of(slice_make(joined, HASH_SIZE + size));
}

static bool digest_leaf(void *context, uint64_t index, struct slice leaf)
{
    digest_add(context, &index, sizeof index);
    digest_add(context, leaf.data, leaf.size);
    return true;
}

static bool digest_machine(void *context, const struct machine_entry *entry)
{
    const struct machine_record *const record = &entry->row.record;
    const uint64_t numbers[] = {entry->license,
                                record->released ? 0 : (uint64_t)record->issued,
                                (uint64_t)record->expires,
                                record->released,
                                record->leaf,
                                record->number};
    digest_add(context, numbers, sizeof numbers);
    digest_add(context, &entry->machine, sizeof entry->machine);
    digest_add(context, &record->note, sizeof record->note);
    return true;
}

static struct digest digest_of(struct store *store)
{
    struct digest digest = {.whole = false};
    uint32_t ledger;
    struct hash hashes[TILE_WIDTH];
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const struct machine_filter all = {.limit = (size_t)2 * MACHINES};
    if (!is_ok(store_ledger_find(store, ORIGIN, &ledger, NULL)) ||
        !is_ok(store_leaves(store, ledger, 0, (uint64_t)2 * LEAVES, digest_leaf, &digest, NULL)) ||
        !is_ok(store_machines(store, &all, digest_machine, &digest, NULL)) ||
        !is_ok(store_checkpoint_get(store, ledger, &note, NULL)))
        return digest;
    digest_add(&digest, note.data, note.size < LEAF_MAX ? note.size : LEAF_MAX);
    for (unsigned level = 0; level < 2; level++)
        for (uint64_t first = 0; first < (uint64_t)LEAVES >> (8 * level); first += TILE_WIDTH) {
            const uint64_t left = ((uint64_t)LEAVES >> (8 * level)) - first;
            const size_t count = left < TILE_WIDTH ? (size_t)left : TILE_WIDTH;
            if (!is_ok(store_hashes_get(store, ledger, level, first, count, hashes, NULL)))
                return digest;
            for (size_t i = 0; i < count; i++)
                digest_add(&digest, &hashes[i], sizeof hashes[i]);
        }
    digest.whole = true;
    return digest;
}

/* Whether the file is noticed to be damaged: by the store when it is opened, or by the check. */
static bool is_noticed(const struct world *world, struct slice file, struct digest *ret_digest)
{
    static struct findings findings;
    struct store *store = NULL;
    disk_erase();
    disk_file_make(DATABASE, file);
    *ret_digest = (struct digest){.whole = false};
    if (!is_ok(open_database(DATABASE, false, &store)))
        return true;
    *ret_digest = digest_of(store);
    const struct result checked = check_all(world, store, 10000, &findings);
    store_close(store);
    return !is_ok(checked) || findings.count > 0;
}

/* The file of a database with the world in it, and its digest. Yours to free. */
static uint8_t *make_file(struct world *world, size_t *ret_size, struct digest *ret_digest)
{
    struct store *store = NULL;
    char path[] = "/tmp/aval-check-XXXXXX";
    close(mkstemp(path));
    disk_erase();
    assert_ok(open_database(path, true, &store));
    unlink(path);
    write_world(world, store, 0, LEAVES);
    store_close(store);
    const struct slice content = disk_file_content(disk_file_find(path));
    uint8_t *const file = malloc(content.size);
    assert_non_null(file);
    memcpy(file, content.data, content.size);
    *ret_size = content.size;
    assert_false(is_noticed(world, slice_make(file, content.size), ret_digest));
    assert_true(ret_digest->whole);
    return file;
}

static size_t page_size(const uint8_t *file)
{
    const size_t size = (size_t)file[16] << 8 | file[17]; /* SQLite's file format */
    assert_true(size >= 512 && size < PAGE_MAX);
    return size;
}

static uint64_t rounds(void)
{
    const char *const told = getenv("AVAL_ROUNDS");
    const uint64_t count = told == NULL ? 1 : strtoull(told, NULL, 10);
    return count > 0 ? count : 1;
}

static void a_flipped_byte_anywhere_in_the_file_is_noticed_or_changes_nothing(void **state)
{
    struct world *const world = *state;
    size_t size;
    struct digest whole;
    uint8_t *const file = make_file(world, &size, &whole);
    const size_t page_bytes = page_size(file);
    uint64_t random = 1;
    size_t changed = 0;
    for (size_t page = 0; page < size / page_bytes; page++)
        for (uint64_t flip = 0; flip < FLIPS_OF_A_PAGE * rounds(); flip++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            /* Half of them where the page says what is in it. */
            const size_t at = page * page_bytes + (random >> 33) % (flip % 2 == 0 ? 64 : page_bytes);
            struct digest digest;
            file[at] ^= (uint8_t)(1u << (random >> 61));
            const bool noticed = is_noticed(world, slice_make(file, size), &digest);
            const bool same = digest.whole && hash_equal(&digest.hash, &whole.hash);
            changed += !same;
            if (!noticed && !same)
                fail_msg("a flip of bit %u at %zu (page %zu) is not noticed", (unsigned)(random >> 61), at, page);
            file[at] ^= (uint8_t)(1u << (random >> 61));
        }
    assert_true(changed > size / page_bytes / 2);
    free(file);
}

static void a_file_cut_short_at_any_page_is_noticed(void **state)
{
    struct world *const world = *state;
    size_t size;
    struct digest digest;
    uint8_t *const file = make_file(world, &size, &digest);
    const size_t page_bytes = page_size(file);
    for (size_t kept = 0; kept < size; kept += page_bytes) {
        assert_true(is_noticed(world, slice_make(file, kept), &digest));
        assert_true(is_noticed(world, slice_make(file, kept + page_bytes / 2), &digest));
    }
    free(file);
}

/* A page of another place, as after a misdirected write: sound in itself. */
static void a_page_in_the_place_of_another_is_noticed(void **state)
{
    struct world *const world = *state;
    size_t size;
    struct digest whole;
    uint8_t *const file = make_file(world, &size, &whole);
    const size_t page_bytes = page_size(file);
    uint8_t kept[PAGE_MAX];
    for (size_t page = 1; page + 1 < size / page_bytes; page++) {
        struct digest digest;
        memcpy(kept, file + page * page_bytes, page_bytes);
        memcpy(file + page * page_bytes, file + (page + 1) * page_bytes, page_bytes);
        const bool noticed = is_noticed(world, slice_make(file, size), &digest);
        if (!noticed && !(digest.whole && hash_equal(&digest.hash, &whole.hash)))
            fail_msg("page %zu in the place of page %zu is not noticed", page + 1, page);
        memcpy(file + page * page_bytes, kept, page_bytes);
    }
    free(file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_ledger_is_found_whole_in_steps_of_any_size),
        TEST(an_altered_leaf_is_named),
        TEST(an_altered_hash_is_named_with_its_tile),
        TEST(an_altered_hash_above_the_leaves_is_named),
        TEST(a_ledger_rewritten_with_all_its_hashes_is_not_what_was_signed),
        TEST(a_ledger_without_its_newest_leaves_is_short),
        TEST(leaves_that_end_before_their_hashes_are_named),
        TEST(hashes_that_end_before_their_leaves_are_named),
        TEST(a_missing_checkpoint_is_found),
        TEST(of_a_ledger_that_ended_without_a_checkpoint_the_next_epoch_tells),
        TEST(a_checkpoint_with_any_flipped_byte_is_found),
        TEST(a_checkpoint_of_another_key_is_found),
        TEST(a_leaf_that_is_no_document_of_a_ledger_is_named),
        TEST(a_lease_under_an_unknown_license_is_named),
        TEST(a_row_that_contradicts_its_leaf_is_named),
        TEST(a_seat_reclaimed_is_of_a_machine_that_has_a_row),
        TEST(a_missing_row_is_named),
        TEST(a_release_that_no_leaf_tells_of_is_found),
        TEST(a_ledger_that_grows_meanwhile_is_whole),
        TEST(each_epoch_is_checked_with_the_rows_of_all),
        TEST(a_release_that_was_not_signed_when_its_epoch_ended_gave_no_seat_back),
        TEST(every_finding_has_a_sentence),
        TEST(a_flipped_byte_anywhere_in_the_file_is_noticed_or_changes_nothing),
        TEST(a_file_cut_short_at_any_page_is_noticed),
        TEST(a_page_in_the_place_of_another_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
