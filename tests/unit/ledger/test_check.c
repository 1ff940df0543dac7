/* The check of a whole ledger: what is wrong is found, and said with what it affects. */
#include "checked_world.h"
#include "failing_store.h"
#include "ledger/epochs.h"
#include "store/ledger.h"
#include "store/memory.h"
#include "store/operators.h"

#include <stdlib.h>
#include <string.h>

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

/* The last leaf stands in the place of the last machine's newest lease. The row says of it that it ended the one
 * before; so it did where all three are those of the row. */
static void the_leaf_of_a_seat_reclaimed_is_of_that_machine_license_and_lease(void **state)
{
    enum { LAST = MACHINES - 1, LEASE = LEAVES - 1 - MACHINES };
    static const struct {
        size_t machine;
        const char *license;
        const char *origin;
        uint64_t lease;
    } rows[] = {{LAST, LICENSE, ORIGIN, LEASE},
                {HOLDER, LICENSE, ORIGIN, LEASE},
                {LAST, "other", ORIGIN, LEASE},
                {LAST, LICENSE, ORIGIN "/epoch-2", LEASE},
                {LAST, LICENSE, ORIGIN, LEASE + 1}};
    struct world *const world = *state;
    struct machine_record *const record = &world->rows[LAST].record;
    struct buffer *const leaf = &world->leaves[LEAVES - 1];
    const struct lease lease = lease_of(LEASE);
    buffer_clear(leaf);
    write_lease(LAST, &lease, LEASE, leaf, record);
    record->expires = lease.issued + HOUR;
    record->reclaimed = (struct reclaim_place){1, LEAVES - 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct request request = fixture_request(rows[i].machine + 1, 1);
        struct reclaimed reclaimed = {.machine_key = request.machine_key,
                                      .machine = request.machine,
                                      .lease_index = rows[i].lease,
                                      .reclaimed = record->expires};
        strcpy(reclaimed.license, rows[i].license);
        strcpy(reclaimed.lease_origin, rows[i].origin);
        buffer_clear(leaf);
        assert_ok(reclaimed_write(&reclaimed, leaf));
        sign_world(world);
        const struct findings *const findings = check_world(world, 100);
        assert_int_equal(names_machine(findings, LAST), i > 0);
        assert_int_equal(findings->count == 0, i == 0);
    }
}

/* No lease is left of which the row could tell: both are wrong. */
static void a_row_that_names_the_leaf_of_a_seat_reclaimed_is_named_by_that_leaf_too(void **state)
{
    enum { LAST = MACHINES - 1 };
    struct world *const world = *state;
    const struct machine_record *const record = &world->rows[LAST].record;
    const struct request request = fixture_request(LAST + 1, 1);
    const struct reclaimed reclaimed = {.license = LICENSE,
                                        .machine_key = request.machine_key,
                                        .machine = request.machine,
                                        .lease_origin = ORIGIN,
                                        .lease_index = LEAVES - 1 - MACHINES,
                                        .reclaimed = record->issued};
    assert_int_equal(record->leaf, LEAVES - 1);
    buffer_clear(&world->leaves[LEAVES - 1]);
    assert_ok(reclaimed_write(&reclaimed, &world->leaves[LEAVES - 1]));
    sign_world(world);
    const struct findings *const findings = check_world(world, 100);
    assert_true(names_machine(findings, LAST));
    assert_int_equal(findings->count, 2);
}

static void a_missing_row_is_named(void **state)
{
    struct world *const world = *state;
    world->row_missing[HOLDER] = true;
    assert_true(names_machine(check_world(world, 10), HOLDER));
}

/* Leases last a day, and the last ones were given with the last MACHINES leaves. */
static void a_machine_that_was_forgotten_is_missed_by_nobody(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    const seconds end = lease_of(LEAVES - MACHINES / 2).expires;
    for (size_t missing = 0; missing < 2; missing++) {
        struct store *store = NULL;
        struct machine_key at = {0};
        size_t count;
        world->row_missing[MACHINES - 1] = missing != 0; /* its lease ends later */
        assert_ok(store_open_memory(&store));
        write_world(world, store, 0, LEAVES);
        assert_ok(store_begin(store, NULL));
        assert_ok(store_machines_expire(store, end, LEAVES, &at, &count, NULL));
        assert_in_range(count, 10, MACHINES - 10);
        assert_ok(store_commit(store, NULL));
        assert_ok(check_all(world, store, 10, &findings));
        assert_int_equal(names_machine(&findings, MACHINES - 1), missing != 0);
        assert_int_equal(findings.count == 0, missing == 0);
        store_close(store);
    }
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

/* A row whose seat ended before its lease, and one of the same machine under another license, of a lease that was given
 * so many seconds earlier. */
static struct store *store_with_left_seat(struct world *world, seconds earlier, const char *product)
{
    struct store *store = NULL;
    const struct machine_id machine = machine_of(HOLDER);
    struct machine_record *const record = &world->rows[HOLDER].record;
    record->expires = record->ends - HOUR;
    struct machine_row other = world->rows[HOLDER];
    uint32_t license;
    other.record.issued = record->expires - earlier;
    assert_ok(store_open_memory(&store));
    write_world(world, store, 0, LEAVES);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_license_make(store, 1, "more", product, &license, NULL));
    assert_ok(store_machine_put(store, license, &machine, &other, NULL));
    assert_ok(store_commit(store, NULL));
    return store;
}

/* The other row is found where it cannot be why, and always by itself, since no leaf tells of it. */
static void a_seat_that_was_left_for_that_of_another_license_is_free(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    for (int i = 0; i < 3; i++) {
        struct store *const store = store_with_left_seat(world, i == 1, i == 2 ? "other" : "studio");
        assert_ok(check_all(world, store, 100, &findings));
        assert_int_equal(findings.count, i == 0 ? 1 : 3);
        store_close(store);
    }
}

/* Else a disk that fails for a moment would have the operator look for a machine that has done nothing. */
static void a_store_that_fails_once_says_nothing_of_a_seat(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    struct store *const store = store_with_left_seat(world, 0, "studio");
    unsigned nth = 0;
    failing_store_wrap(store);
    for (bool failed = true; failed;) {
        failing_store_reset();
        failing_store.fails = CALL_LICENSE;
        failing_store.fails_at = ++nth;
        const struct result result = check_all(world, store, LEAVES, &findings);
        failed = failing_store.failed != CALL_NONE;
        assert_int_equal(result_code(result), failed ? ERR_STORE_FAILED : OK);
    }
    assert_true(nth > 3);
    assert_int_equal(findings.count, 1); /* the other row */
    store_close(store);
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
static void put_second_epoch(const struct world *world, struct store *store, uint64_t size, struct slice second,
                             const struct machine_row *row)
{
    struct epoch epoch = {
        .origin = ORIGIN "/epoch-2", .previous = ORIGIN, .size = size, .found = LEAVES, .began = TODAY};
    const struct machine_id machine = machine_of(HOLDER);
    CLEANUP_BUFFER struct buffer beginning = buffer_make(LEAF_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(epoch_write(&epoch, &beginning));
    const struct slice leaves[] = {buffer_slice(&beginning), second};
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
    assert_ok(store_machine_put(store, license, &machine, row, NULL));
    assert_ok(store_checkpoint_put(store, ledger, buffer_slice(&note), NULL));
    assert_ok(store_commit(store, NULL));
}

static void write_second_epoch_behind(const struct world *world, struct store *store, uint32_t named, uint64_t size)
{
    const struct lease lease = lease_of(LEAVES);
    struct machine_row row = {.address = ""};
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    write_lease(HOLDER, &lease, LEAVES, &text, &row.record);
    row.record.leaf = 1;
    row.record.ledger = named;
    row.record.expires += DAY; /* by a lease of the epoch before, whose clock was ahead */
    put_second_epoch(world, store, size, buffer_slice(&text), &row);
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

/* As a damaged database may have one: there is no ledger 0. */
static void a_leaf_of_no_ledger_does_not_say_that_a_release_was_not_signed(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    struct machine_record *const record = &world->rows[RELEASED].record;
    struct store *store = NULL;
    record->released = false;
    record->expires = record->ends;
    const struct epoch epoch = {.origin = ORIGIN "/epoch-2", .previous = ORIGIN, .size = record->leaf, .began = TODAY};
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    assert_ok(epoch_write(&epoch, &text));
    const struct slice leaf = buffer_slice(&text);
    assert_ok(store_open_memory(&store));
    write_world(world, store, 0, LEAVES);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_leaves_append(store, 0, 0, &leaf, 1, NULL));
    assert_ok(store_commit(store, NULL));
    assert_ok(check_all(world, store, 100, &findings));
    assert_true(names_machine(&findings, RELEASED));
    store_close(store);
}

/* The last leaf reclaims a seat of which the row knows nothing. */
static void a_reclaim_that_was_not_signed_when_its_epoch_ended_took_no_seat(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    const struct request request = fixture_request(HOLDER + 1, 1);
    const struct reclaimed reclaimed = {.license = LICENSE,
                                        .machine_key = request.machine_key,
                                        .machine = request.machine,
                                        .lease_origin = ORIGIN,
                                        .reclaimed = TODAY};
    buffer_clear(&world->leaves[LEAVES - 1]);
    assert_ok(reclaimed_write(&reclaimed, &world->leaves[LEAVES - 1]));
    sign_world(world);
    assert_true(names_machine(check_world(world, 10), HOLDER));
    for (uint64_t size = LEAVES - 1; size <= LEAVES; size++) {
        struct store *store = NULL;
        assert_ok(store_open_memory(&store));
        write_world(world, store, 0, LEAVES);
        write_second_epoch_behind(world, store, 1, size);
        const struct machine_id machine = machine_of(HOLDER);
        assert_ok(store_begin(store, NULL));
        assert_ok(store_machine_put(store, 1, &machine, &world->rows[HOLDER], NULL));
        assert_ok(store_commit(store, NULL));
        check_epoch(world, store, ORIGIN, &findings);
        assert_int_equal(names_machine(&findings, HOLDER), size == LEAVES);
        store_close(store);
    }
}

/* The lease is dated a day ahead; in the second epoch the clock is right. */
static void a_lease_of_a_wrong_clock_may_be_reclaimed_before_it_was_given(void **state)
{
    static struct findings findings;
    struct world *const world = *state;
    const struct request request = fixture_request(HOLDER + 1, 1);
    struct machine_row *const row = &world->rows[HOLDER];
    const struct reclaimed reclaimed = {.license = LICENSE,
                                        .machine_key = request.machine_key,
                                        .machine = request.machine,
                                        .lease_origin = ORIGIN,
                                        .lease_index = row->record.leaf,
                                        .reclaimed = row->record.issued - DAY};
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    assert_ok(reclaimed_write(&reclaimed, &text));
    row->record.expires = reclaimed.reclaimed;
    for (uint32_t ledger = 1; ledger <= 2; ledger++) { /* of the one in which the row says that it was reclaimed */
        struct store *store = NULL;
        row->record.reclaimed = (struct reclaim_place){ledger, 1};
        assert_ok(store_open_memory(&store));
        write_world(world, store, 0, LEAVES);
        put_second_epoch(world, store, LEAVES + 1, buffer_slice(&text), row);
        for (unsigned epoch = 1; epoch <= 2; epoch++) {
            check_epoch(world, store, epoch == 1 ? ORIGIN : ORIGIN "/epoch-2", &findings);
            assert_int_equal(names_machine(&findings, HOLDER), ledger == 1);
        }
        store_close(store);
    }
}

/* All leaves but the first are dated behind the beginning of the second epoch; what that said of the machine since is
 * over, and its row gone. */
static void a_machine_of_a_wrong_clock_may_be_forgotten_before_its_leaf_says_so(void **state)
{
    enum { LAST = MACHINES - 1 };
    static struct findings findings;
    struct world *const world = *state;
    world->row_missing[LAST] = true;
    for (unsigned i = 0; i < 4; i++) {
        const bool followed = i % 2 > 0;
        const bool over = i / 2 > 0;
        struct store *store = NULL;
        struct machine_key at = {0};
        size_t count;
        assert_ok(store_open_memory(&store));
        write_world(world, store, 0, LEAVES);
        if (followed)
            write_second_epoch(world, store, 2);
        const struct machine_id other = machine_of(MACHINES + 1);
        assert_ok(store_begin(store, NULL));
        assert_ok(store_machine_put(store, 1, &other, &(struct machine_row){.address = ""}, NULL));
        assert_ok(store_machines_expire(store, TODAY + over, LEAVES, &at, &count, NULL));
        assert_int_equal(count, 1); /* the other one */
        assert_ok(store_commit(store, NULL));
        check_epoch(world, store, ORIGIN, &findings);
        assert_int_equal(names_machine(&findings, LAST), !followed || !over);
        store_close(store);
    }
}

/* An archive whose files are all missing; the context is what it says. */
static RESULT miss_bundle(const void *context, const char *folder, const char *origin, uint64_t bundle,
                          struct buffer *out, struct reason *reason)
{
    (void)folder;
    (void)origin;
    (void)bundle;
    (void)out;
    return reason_say(reason, FAIL(ARCHIVE_MISSING), "%s", (const char *)context);
}

/* A character of two bytes stands near the place where words are cut off. */
static void of_the_words_about_a_missing_file_what_fits_is_said_in_whole_characters(void **state)
{
    enum { ROOM = LEDGER_WORDS_SIZE - 1 };
    static const struct {
        size_t before; /* the character */
        size_t said;
    } rows[] = {{0, 3}, {ROOM - 3, ROOM}, {ROOM - 2, ROOM}, {ROOM - 1, ROOM - 1}, {ROOM, ROOM}, {ROOM + 100, ROOM}};
    static struct findings findings;
    struct world *const world = *state;
    const struct archived archived = {.bundles = 1, .folder = "archive"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[REASON_SIZE];
        const struct leaf_archive archive = {.read = miss_bundle, .context = words};
        struct store *store = NULL;
        memset(words, 'a', rows[i].before);
        strcpy(words + rows[i].before, "\xc3\xbcz");
        assert_ok(store_open_memory(&store));
        store_archive_attach(store, &archive);
        write_world(world, store, 0, LEAVES);
        assert_ok(store_begin(store, NULL));
        assert_ok(store_archive(store, 1, &archived, NULL));
        assert_ok(store_commit(store, NULL));
        assert_ok(check_all(world, store, 100, &findings));
        assert_int_equal(findings.count, 1);
        assert_true(has(&findings, LEDGER_FAULT_ARCHIVE, 0, 0, TILE_WIDTH - 1));
        assert_int_equal(strnlen(findings.list[0].words, LEDGER_WORDS_SIZE), rows[i].said);
        assert_memory_equal(findings.list[0].words, words, rows[i].said);
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
        TEST(the_leaf_of_a_seat_reclaimed_is_of_that_machine_license_and_lease),
        TEST(a_row_that_names_the_leaf_of_a_seat_reclaimed_is_named_by_that_leaf_too),
        TEST(a_missing_row_is_named),
        TEST(a_machine_that_was_forgotten_is_missed_by_nobody),
        TEST(a_release_that_no_leaf_tells_of_is_found),
        TEST(a_seat_that_was_left_for_that_of_another_license_is_free),
        TEST(a_store_that_fails_once_says_nothing_of_a_seat),
        TEST(a_ledger_that_grows_meanwhile_is_whole),
        TEST(each_epoch_is_checked_with_the_rows_of_all),
        TEST(a_release_that_was_not_signed_when_its_epoch_ended_gave_no_seat_back),
        TEST(a_leaf_of_no_ledger_does_not_say_that_a_release_was_not_signed),
        TEST(a_reclaim_that_was_not_signed_when_its_epoch_ended_took_no_seat),
        TEST(a_lease_of_a_wrong_clock_may_be_reclaimed_before_it_was_given),
        TEST(a_machine_of_a_wrong_clock_may_be_forgotten_before_its_leaf_says_so),
        TEST(of_the_words_about_a_missing_file_what_fits_is_said_in_whole_characters),
        TEST(every_finding_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
