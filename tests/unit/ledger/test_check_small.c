/* What a check finds in ledgers of no leaf or few: rows that name none, checkpoints, and how an epoch begins. */
#include "base/secret.h"
#include "failing_store.h"
#include "host_fixture.h"
#include "ledger/check.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/memory.h"
#include "store/operators.h"

#include <string.h>

#define ORIGIN HOST "/" VENDOR

enum { MANY = 150 /* more than are listed at once */ };

static struct store *store;
static uint32_t ledger;
static uint32_t license;
static struct ledger_finding first;
static struct ledger_finding last;

static int set_up(void **state)
{
    (void)state;
    assert_ok(secret_start());
    assert_ok(store_open_memory(&store));
    failing_store_wrap(store);
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &ledger, NULL));
    assert_ok(store_license_make(store, ledger, "main", PRODUCT, &license, NULL));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return 0;
}

static void take_finding(void *context, const struct ledger_finding *finding)
{
    size_t *const count = context;
    if (*count == 0)
        first = *finding;
    last = *finding;
    ++*count;
}

/* How many findings there are in what was put so far of that ledger. */
static size_t check_ledger(const char *origin)
{
    size_t findings = 0;
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    const struct ledger_check check = {.store = store,
                                       .origin = origin,
                                       .key = signing_key_verifier(key),
                                       .report = take_finding,
                                       .context = &findings};
    struct ledger_check_position position = {0};
    assert_ok(store_commit(store, NULL));
    while (position.stage != LEDGER_CHECK_DONE)
        assert_ok(ledger_check_step(&check, &position, 1, NULL));
    assert_int_equal(position.findings, findings);
    assert_ok(store_begin(store, NULL));
    return findings;
}

static size_t check(void)
{
    return check_ledger(ORIGIN);
}

/* As of a machine that asked and was denied. */
static struct machine_row row_without_leaf(void)
{
    return (struct machine_row){
        .record = {.first_request = TODAY, .last_request = TODAY, .requests = 1, .heard = {1, TODAY}}};
}

static void put(size_t number, const struct machine_row *row)
{
    const struct machine_id machine = fixture_machine(number);
    assert_ok(store_machine_put(store, license, &machine, row, NULL));
}

static void a_machine_that_was_only_denied_is_no_finding(void **state)
{
    (void)state;
    const struct machine_row row = row_without_leaf();
    for (size_t i = 1; i <= MANY; i++)
        put(i, &row);
    assert_int_equal(check(), 0);
}

/* It has no license to be asked for. */
static void a_blocked_machine_that_never_asked_is_no_finding(void **state)
{
    (void)state;
    const struct machine_id machine = fixture_machine(1);
    assert_ok(store_block(store, &machine, TODAY, "", NULL));
    failing_store.fails = CALL_LICENSE_ID;
    assert_int_equal(check(), 0);
}

/* Whatever a row says of a leaf, where it names none. */
static void a_row_that_tells_of_a_leaf_and_names_none_is_found(void **state)
{
    (void)state;
    struct machine_row rows[] = {row_without_leaf(), row_without_leaf(), row_without_leaf(), row_without_leaf(),
                                 row_without_leaf(), row_without_leaf(), row_without_leaf()};
    rows[0].record.issued = 1;
    rows[1].record.ends = 1;
    rows[2].record.expires = 1;
    rows[3].record.released = true;
    rows[4].record.leaf = 1;
    rows[5].record.ledger = 1;
    rows[6].record.note.bytes[31] = 1;
    const struct machine_row right = row_without_leaf();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(1, &rows[i]);
        put(2, &right);
        assert_int_equal(check(), 1);
        assert_int_equal(last.fault, LEDGER_FAULT_MACHINE);
        assert_int_equal(last.first, rows[i].record.leaf);
        const struct machine_id machine = fixture_machine(1);
        assert_memory_equal(&last.machine, &machine, sizeof machine);
        assert_string_equal(last.license, "main");
    }
}

/* As a damaged database may show it. */
static void a_row_that_names_a_leaf_too_long_to_be_one_is_found(void **state)
{
    struct machine_row row = row_without_leaf();
    (void)state;
    row.record.number = 1;
    row.record.ledger = ledger;
    put(1, &row);
    failing_store.fails = CALL_LEAVES;
    failing_store.failure = FAIL(TEXT_TOO_LONG);
    assert_int_equal(check(), 1);
    assert_int_equal(failing_store.failed, CALL_LEAVES);
    assert_int_equal(last.fault, LEDGER_FAULT_MACHINE);
}

/* Of one leaf as of many. */
static void leaves_without_a_checkpoint_are_found(void **state)
{
    const struct slice leaf = slice_of("one");
    const struct hash hash = merkle_leaf(leaf);
    (void)state;
    assert_int_equal(check(), 0);
    assert_ok(store_leaves_append(store, ledger, 0, &leaf, 1, NULL));
    assert_ok(store_hashes_append(store, ledger, 0, 0, &hash, 1, NULL));
    assert_int_equal(check(), 2);
    assert_int_equal(first.fault, LEDGER_FAULT_CHECKPOINT);
    assert_int_equal(first.first, 0);
    assert_int_equal(first.last, 0);
    assert_int_equal(last.fault, LEDGER_FAULT_LEAF_FORM);
}

static void put_beginning(uint32_t to, uint64_t index, const char *origin)
{
    struct epoch epoch = {.previous = HOST "/before.example", .began = TODAY};
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    strcpy(epoch.origin, origin);
    assert_ok(epoch_write(&epoch, &text));
    const struct slice leaf = buffer_slice(&text);
    const struct hash hash = merkle_leaf(leaf);
    assert_ok(store_leaves_append(store, to, index, &leaf, 1, NULL));
    assert_ok(store_hashes_append(store, to, 0, index, &hash, 1, NULL));
}

/* Where, and of which epoch, a leaf says that one begins. None of the ledgers has a checkpoint. */
static void an_epoch_begins_with_its_own_leaf_in_front_of_all(void **state)
{
    static const struct {
        const char *origin;
        const char *begun[2];
        size_t wrong;
    } rows[] = {{ORIGIN "/epoch-5", {ORIGIN "/epoch-5"}, 0},
                {ORIGIN "/epoch-4", {ORIGIN "/epoch-5"}, 1},
                {ORIGIN "/epoch-3", {ORIGIN "/epoch-3", ORIGIN "/epoch-3"}, 1},
                {ORIGIN, {ORIGIN}, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t to;
        assert_ok(store_ledger_make(store, rows[i].origin, &to, NULL));
        for (size_t k = 0; k < 2 && rows[i].begun[k] != NULL; k++)
            put_beginning(to, k, rows[i].begun[k]);
        assert_int_equal(check_ledger(rows[i].origin), 1 + rows[i].wrong);
        assert_int_equal(first.fault, LEDGER_FAULT_CHECKPOINT);
        assert_int_equal(last.fault, rows[i].wrong > 0 ? LEDGER_FAULT_LEAF_FORM : LEDGER_FAULT_CHECKPOINT);
    }
}

static void put_checkpoint(const char *origin)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct checkpoint checkpoint = {.root = hash_of(slice_of(""))};
    strcpy(checkpoint.origin, origin);
    assert_ok(checkpoint_sign(&checkpoint, key, &note));
    assert_ok(store_checkpoint_put(store, ledger, buffer_slice(&note), NULL));
}

/* Also where the same key has signed it. */
static void a_checkpoint_of_another_epoch_is_found(void **state)
{
    (void)state;
    put_checkpoint(ORIGIN);
    assert_int_equal(check(), 0);
    put_checkpoint(ORIGIN "/epoch-5");
    assert_int_equal(check(), 1);
    assert_int_equal(last.fault, LEDGER_FAULT_CHECKPOINT);
}

/* Rows are those of its own licenses alone. */
static void a_row_under_a_license_of_another_ledger_is_passed_over(void **state)
{
    (void)state;
    uint32_t other;
    uint32_t other_license;
    struct machine_row row = row_without_leaf();
    const struct machine_id machine = fixture_machine(1);
    row.record.issued = 1;
    assert_ok(store_ledger_make(store, HOST "/zeta.example", &other, NULL));
    assert_ok(store_license_make(store, other, "main", PRODUCT, &other_license, NULL));
    assert_ok(store_machine_put(store, other_license, &machine, &row, NULL));
    assert_int_equal(check(), 0);
    put(1, &row);
    assert_int_equal(check(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_that_was_only_denied_is_no_finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_blocked_machine_that_never_asked_is_no_finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_tells_of_a_leaf_and_names_none_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_names_a_leaf_too_long_to_be_one_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_without_a_checkpoint_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_epoch_begins_with_its_own_leaf_in_front_of_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_checkpoint_of_another_epoch_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_under_a_license_of_another_ledger_is_passed_over, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
